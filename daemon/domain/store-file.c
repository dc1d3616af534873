/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "definition.h"
#include "store-file.h"
#include "store.h"

/*----- all files -----*/

static int
store_is_definition(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > strlen(STORE_SUFFIX) &&
           strcmp(entry->d_name + length - strlen(STORE_SUFFIX), STORE_SUFFIX) == 0;
}

static int
store_compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

char **
store_list(const char *folder, size_t *count_out)
{
    struct dirent **entries = NULL;
    int             count = scandir(folder, &entries, store_is_definition, NULL);
    char          **names;

    *count_out = 0;
    if (count < 0)
        return NULL;
    names = xcalloc((size_t)count + 1, sizeof *names);
    for (; *count_out < (size_t)count; ++*count_out) {
        names[*count_out] = store_name(entries[*count_out]->d_name);
        free(entries[*count_out]);
    }
    free(entries);
    /* Now: with the suffix "a-b" comes before "a". */
    qsort(names, *count_out, sizeof *names, store_compare_names);
    return names;
}

void
store_free_names(char **names, size_t count)
{
    for (size_t n = 0; n < count; n++)
        free(names[n]);
    free(names);
}

bool
store_has_name(char *const *names, size_t count, const char *name)
{
    return bsearch(&name, names, count, sizeof *names, store_compare_names);
}

/*----- one file -----*/

/* FNV-1a. */
uint64_t
store_hash(const char *text)
{
    uint64_t hash = 14695981039346656037u;

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    return hash;
}

static int
store_check(const struct domain_def *def, const char *name, struct err *err)
{
    if (strcmp(def->name, name) != 0)
        return err_set(err, ERR_XML, "<name> is '%s', and not as the file is called", def->name);
    if (uuid_is_zero(def->uuid))
        return err_set(err, ERR_XML, "<uuid> is that of the control domain");
    return definition_check(def, err);
}

/* A link that leads nowhere is there. */
static bool
store_has_gone(const char *path)
{
    struct stat st;

    return lstat(path, &st) < 0 && errno == ENOENT;
}

bool
store_is_image(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void
store_read(const char *path, const char *image_path, struct store_file *file)
{
    cleanup_free char *name = store_name(path), *text = NULL;
    size_t             size;

    if (file_read(path, DOMAIN_XML_MAX, &text, &size, &file->err) < 0) {
        file->gone = store_has_gone(path);
        return;
    }
    file->hash = store_hash(text);
    file->has_image = store_is_image(image_path);
    if (file->hash == file->known_hash)
        return;
    if (domain_def_parse_flags(text, size, DOMAIN_PARSE_HAS_UUID, &file->def, &file->err) == 0 &&
        (store_check(file->def, name, &file->err) < 0 ||
         domain_def_pack(file->def, &file->err) < 0))
        file->def = domain_def_free(file->def);
    if (!file->def)
        err_prefix(&file->err, "%s", path);
}
