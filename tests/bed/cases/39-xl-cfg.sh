# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What xl makes of an xl.cfg and what dom0d makes of it are the same, also after the way to XML and
# back.  The files, and the JSON that dom0d makes of them (make check compares it), are those of
# tests/conf/data/cases/cfg; some more come with xl.
# long
# timeout: 420

FILES=/share/bed/cfg

# xl_makes CFG: libxl's JSON of it, in CFG.json; nothing is made.
xl_makes() { timeout $((20 * PATIENCE)) xl create -n -d "$1" >"$1.json" 2>"$1.said" || { cat "$1.said"; return 1; }; }

# same_as_json NAME: xl's JSON of the file and dom0d's.
same_as_json() { xl_makes "$1.cfg" && "$TOOLS/xl-difference" "$1.cfg.json" "$FILES/$1.json"; }

# goes_to_xml_and_back FILE: and xl makes the same of it then.
goes_to_xml_and_back() {
    dom0ctl convert "$1" >"$1.xml" && dom0ctl convert "$1.xml" >"$1.back" &&
        xl_makes "$1.back" && "$TOOLS/xl-difference" "$1.json" "$1.back.json" "$1.xml" "$1.back"
}

# is_a_fixed_point FILE: what was converted once stays the same.
is_a_fixed_point() {
    local cfg xml
    xml=$(dom0ctl convert "$1.back") && cfg=$(dom0ctl convert - <<<"$xml") &&
        diff <(grep -v '^#' "$1.back") <(grep -v '^#' <<<"$cfg") &&
        diff <(dom0ctl convert - <<<"$cfg") <(echo "$xml")
}

cp $FILES/*.cfg .
for file in *.cfg; do
    expect "xl and dom0d make the same of $file" same_as_json "${file%.cfg}"
done
for example in /etc/xen/xlexample.*; do
    { cat "$example" && echo "uuid = \"$(guest_uuid "$example")\""; } >"${example##*/}.cfg"
    xl_makes "${example##*/}.cfg"
done
for file in *.cfg; do
    expect "$file, as XML and back, is the same to xl" goes_to_xml_and_back "$file"
    expect "$file, as XML and back, does not change any more" is_a_fixed_point "$file"
done
expect "there are xl's own examples" test -e xlexample.pvlinux.cfg -a -e xlexample.hvm.cfg

# The same by virsh, whose words are libvirt's.
for type in pv pvh hvm; do
    guest_xml $type web 128 >web.xml
    expect "virsh has the XML of a $type guest converted" eval "$VIRSH domxml-to-native xen-xl web.xml >web.native"
    expect "virsh has its xl.cfg converted" eval "$VIRSH domxml-from-native xen-xl web.native >again.xml"
    expect_eq "a $type guest is the same to dom0ctl as to virsh" "$(dom0ctl convert web.native)" "$(grep . again.xml)"
    expect "xl takes the xl.cfg of a $type guest" xl_makes web.native
done
expect_fail 'of another format virsh is told that it is not known' 'unsupported config type xen-xm' \
    $VIRSH domxml-from-native xen-xm web.native
printf 'name = "a"\nmemory = 4\nkernel = "/k"\nirqs = [ 5 ]\n' >refused
expect_fail 'what dom0d cannot obey is named with its line' 'line 4: irqs: is not supported' \
    $VIRSH domxml-from-native xen-xl refused
printf 'import os\nname = "a"\n' >python
expect_fail 'an xl.cfg of the age of Python is refused with the line' "line 1: 'import'" dom0ctl convert python

# Guests that run: one of xl and one of dom0d, from the same file.
cat >grub.cfg <<END
name = "native"
uuid = "$(guest_uuid native)"
memory = 32
maxmem = 48
vcpus = 1
maxvcpus = 2
kernel = "$GUEST/grub"
cpu_weight = 512
cap = 50
on_crash = "preserve"
colour = "red"
END

# configuration_of NAME: as libxl has it while it runs.
configuration_of() { xl list -l "$1" >"$1.json"; }

expect 'xl creates a guest of an xl.cfg' timeout $((60 * PATIENCE)) xl create -q grub.cfg
expect 'libxl has its configuration' configuration_of native
mv native.json of-xl.json
expect 'it is destroyed' xl destroy native
expect 'it is gone' has_gone native
said=$(timeout $((60 * PATIENCE)) dom0ctl create grub.cfg 2>&1) && ok 'dom0ctl creates a guest of the same xl.cfg' ||
    not_ok 'dom0ctl creates a guest of the same xl.cfg' "$said"
expect_eq 'and warns of what nobody knows' 'dom0ctl: warning: ignored: xl.cfg: colour is not known' "$(grep warning <<<"$said")"
expect 'libxl has the configuration of this one' configuration_of native
expect 'both are the same to libxl' "$TOOLS/xl-difference" of-xl.json native.json
messages() { $VIRSH dominfo native | sed -n 's/^Messages: *//p'; }
expect_eq 'virsh dominfo has what nobody knows' 'ignored: xl.cfg: colour is not known' "$(messages)"
expect 'dom0d is started again' systemctl restart dom0d
expect_eq 'virsh dominfo still has it' 'ignored: xl.cfg: colour is not known' "$(messages)"
expect 'the guest is destroyed' dom0ctl destroy native
expect 'the guest is gone' has_gone native
