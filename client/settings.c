/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "settings.h"

#define SETTING_BLANKS " \t\r"

/* What stands behind `=`, a word or a quoted one; NULL: only a shell knows. */
static char *
setting_value(const char *text)
{
    const char *end;

    if (*text == '"' || *text == '\'') {
        end = strchr(text + 1, *text);
        if (!end || (*text == '"' && strcspn(text + 1, "$`\\") < (size_t)(end - text - 1)))
            return NULL;
        text++;
    } else {
        end = text + strcspn(text, SETTING_BLANKS ";");
        if (strcspn(text, "$`\\\"'*?[~|&<>()") < (size_t)(end - text))
            return NULL;
    }
    return xstrndup(text, (size_t)(end - text));
}

/* Nothing but a comment, or the quote that ends the value. */
static bool
setting_is_whole(const char *text, const char *value)
{
    size_t quote = *text == '"' || *text == '\'';
    char   last;

    text += strlen(value) + 2 * quote;
    last = *text;
    text += strspn(text, SETTING_BLANKS ";");
    return !*text || (*text == '#' && last != '#');
}

/* *value_out NULL: the line does not set it. */
static int
setting_of_line(const char *line, const char *name, char **value_out)
{
    *value_out = NULL;
    line += strspn(line, SETTING_BLANKS);
    if (strncmp(line, "export ", 7) == 0)
        line += 7 + strspn(line + 7, SETTING_BLANKS);
    if (strncmp(line, name, strlen(name)) != 0 || line[strlen(name)] != '=')
        return 0;
    line += strlen(name) + 1;
    *value_out = setting_value(line);
    return *value_out && setting_is_whole(line, *value_out) ? 0 : -1;
}

static int
settings_take_line(const char *line, struct setting *settings, size_t count, struct err *err)
{
    for (size_t n = 0; n < count; n++) {
        char *value;

        if (setting_of_line(line, settings[n].name, &value) < 0) {
            free(value);
            return err_set(err, ERR_CONFIG_UNSUPPORTED, "what %s is only a shell could tell",
                           settings[n].name);
        }
        if (value) {
            free(settings[n].value);
            settings[n].value = value;
        }
    }
    return 0;
}

int
settings_read(const struct root *root, const char *path, struct setting *settings, size_t count,
              struct err *err)
{
    cleanup_free char *text = NULL, *name = root_path(root, path);
    char              *rest, *line;
    unsigned           number = 0;

    if (root_read(root, path, &text, NULL, err) < 0)
        return err->code == ERR_SYSTEM && err->detail == ENOENT ? 0 : -1;
    rest = text;
    while ((line = strsep(&rest, "\n"))) {
        number++;
        if (settings_take_line(line, settings, count, err) < 0)
            return err_prefix(err, "%s: line %u", name, number);
    }
    return 1;
}
