/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "clock.h"
#include "progress.h"
#include "text.h"

#define MIB (1024.0 * 1024.0)
#define LINE_INTERVAL_USEC (5u * USEC_PER_SEC)
#define RATE_MEMORY_SEC 3.0                 /* a sample this old counts for about a third */
#define RATE_KNOWN_USEC (1u * USEC_PER_SEC) /* a rate says nothing before that ... */
#define RATE_KNOWN_PERCENT 1                /* ... and before so much is done */
#define LEFT_MOST_SEC (24.0 * 3600)         /* nor does a time left beyond that */
#define BAR_LEAST 10                        /* a shorter bar says nothing */
#define BAR_MOST 60
#define AMOUNT_ROOM 38 /* kept free behind the bar, so that its length does not change */
#define ERASE_LINE "\r\033[K"

void
progress_init(struct progress *progress, FILE *out, const char *label, uint64_t now_usec)
{
    *progress = (struct progress){
        .out = out,
        .terminal = isatty(fileno(out)),
        .label = text_safe(label),
        .started_usec = now_usec,
        .line_due_usec = now_usec + LINE_INTERVAL_USEC,
    };
}

/* Of the first seconds the mean, so that a slow beginning does not weigh on what follows. */
static void
progress_update_rate(struct progress *progress, uint64_t done, uint64_t now_usec)
{
    double seconds = (double)(now_usec - progress->updated_usec) / USEC_PER_SEC;
    double before = (double)(progress->updated_usec - progress->measured_usec) / USEC_PER_SEC;
    double rate = (double)(done - progress->done) / seconds;
    double weight = seconds / ((before < RATE_MEMORY_SEC ? before : RATE_MEMORY_SEC) + seconds);

    progress->rate += weight * (rate - progress->rate);
}

void
progress_update(struct progress *progress, enum progress_state state, uint64_t done, uint64_t total,
                uint64_t now_usec)
{
    progress->state = state;
    if (!progress->measured_usec && total)
        progress->measured_usec = now_usec;
    else if (progress->measured_usec && now_usec > progress->updated_usec && done >= progress->done)
        progress_update_rate(progress, done, now_usec);
    progress->done = done;
    progress->total = total;
    progress->updated_usec = now_usec;
}

void
progress_set_state(struct progress *progress, enum progress_state state)
{
    progress->state = state;
}

/*----- the text -----*/

static unsigned
progress_percentage(const struct progress *progress)
{
    if (progress->done >= progress->total)
        return 100;
    return (unsigned)((double)progress->done * 100 / (double)progress->total);
}

static bool
progress_rate_is_known(const struct progress *progress)
{
    return progress->state != PROGRESS_AWAY && progress->rate >= 1 &&
           progress_percentage(progress) >= RATE_KNOWN_PERCENT &&
           progress->updated_usec - progress->measured_usec >= RATE_KNOWN_USEC;
}

/* "118 MiB/s, 0:05 left", or as much of it as is known; the caller frees it. */
static char *
progress_format_rate(const struct progress *progress, const char *separator)
{
    cleanup_free char *left = NULL;
    double             seconds;

    if (!progress_rate_is_known(progress))
        return xstrdup("");
    seconds = ((double)progress->total - (double)progress->done) / progress->rate;
    if (seconds <= 0 || seconds > LEFT_MOST_SEC)
        return xasprintf("%s%.0f MiB/s", separator, progress->rate / MIB);
    left = text_duration((uint64_t)(seconds + 0.5));
    return xasprintf("%s%.0f MiB/s%s%s left", separator, progress->rate / MIB, separator, left);
}

/* What there is to say while no total is known. */
static char *
progress_format_elapsed(const struct progress *progress, uint64_t now_usec)
{
    cleanup_free char *elapsed = text_duration((now_usec - progress->started_usec) / USEC_PER_SEC);

    if (progress->state == PROGRESS_QUEUED)
        return xasprintf("%s: waits for its turn, %s", progress->label, elapsed);
    if (progress->done)
        return xasprintf("%s: %.0f MiB, %s", progress->label, (double)progress->done / MIB,
                         elapsed);
    return xasprintf("%s: %s", progress->label, elapsed);
}

/* What is the matter, if anything is; the separator before it included. */
static char *
progress_format_matter(const struct progress *progress, const char *separator)
{
    if (progress->state == PROGRESS_ABORTING)
        return xasprintf("%saborting", separator);
    if (progress->state == PROGRESS_AWAY)
        return xasprintf("%swaits for the daemon", separator);
    return xstrdup("");
}

char *
progress_line(const struct progress *progress, uint64_t now_usec)
{
    cleanup_free char *matter = progress_format_matter(progress, ", ");
    cleanup_free char *what = NULL, *rate = NULL;

    if (progress->total == 0 || progress->state == PROGRESS_QUEUED) {
        what = progress_format_elapsed(progress, now_usec);
        return xasprintf("%s%s", what, matter);
    }
    rate = progress_format_rate(progress, ", ");
    return xasprintf("%s: %u%%, %.0f of %.0f MiB%s%s", progress->label,
                     progress_percentage(progress), (double)progress->done / MIB,
                     (double)progress->total / MIB, rate, matter);
}

/* "[=====>    ] " with that many columns inside; "" where a bar would be too short to say anything.
 */
static char *
progress_draw_bar(int columns, unsigned percent)
{
    char   bar[BAR_MOST + 1];
    size_t width = columns < BAR_MOST ? (size_t)columns : BAR_MOST, filled;

    if (columns < BAR_LEAST)
        return xstrdup("");
    filled = width * percent / 100;
    memset(bar, '=', filled);
    memset(bar + filled, ' ', width - filled);
    if (filled && filled < width)
        bar[filled - 1] = '>';
    bar[width] = '\0';
    return xasprintf("[%s] ", bar);
}

static void
progress_cut_to_columns(char *text, unsigned columns)
{
    while (*text && (columns || ((unsigned char)*text & 0xc0) == 0x80)) {
        columns -= ((unsigned char)*text & 0xc0) != 0x80;
        text++;
    }
    *text = '\0';
}

static char *
progress_format_amount(const struct progress *progress)
{
    cleanup_free char *rate = progress_format_rate(progress, "  ");
    cleanup_free char *matter = progress_format_matter(progress, "  ");

    return xasprintf("%.0f/%.0f MiB%s%s", (double)progress->done / MIB,
                     (double)progress->total / MIB, rate, matter);
}

/* label 45% [====>     ] 460/1024 MiB  118 MiB/s  0:05 left */
char *
progress_bar(const struct progress *progress, unsigned columns, uint64_t now_usec)
{
    cleanup_free char *bar = NULL, *amount = NULL;
    char              *text;
    size_t             room;

    if (progress->total == 0 || progress->state == PROGRESS_QUEUED) {
        text = progress_line(progress, now_usec);
    } else {
        amount = progress_format_amount(progress);
        room = text_columns(amount) > AMOUNT_ROOM ? text_columns(amount) : AMOUNT_ROOM;
        room += text_columns(progress->label) + strlen(" 100% [] ");
        bar = progress_draw_bar((int)columns - (int)room, progress_percentage(progress));
        text =
            xasprintf("%s %3u%% %s%s", progress->label, progress_percentage(progress), bar, amount);
    }
    progress_cut_to_columns(text, columns);
    return text;
}

/*----- showing it -----*/

/* One less than the terminal has: the cursor stays on the line. */
static unsigned
progress_terminal_columns(const struct progress *progress)
{
    struct winsize size;

    if (ioctl(fileno(progress->out), TIOCGWINSZ, &size) < 0 || size.ws_col < 2)
        return 79;
    return size.ws_col - 1u;
}

static void
progress_erase(struct progress *progress)
{
    if (progress->drawn)
        fputs(ERASE_LINE, progress->out);
    progress->drawn = false;
}

void
progress_show(struct progress *progress, uint64_t now_usec)
{
    cleanup_free char *text = NULL;

    if (progress->terminal) {
        text = progress_bar(progress, progress_terminal_columns(progress), now_usec);
        fprintf(progress->out, ERASE_LINE "%s", text);
        progress->drawn = true;
    } else if (now_usec >= progress->line_due_usec) {
        text = progress_line(progress, now_usec);
        fprintf(progress->out, "%s\n", text);
        progress->line_due_usec = now_usec + LINE_INTERVAL_USEC;
    }
    fflush(progress->out);
}

void
progress_say(struct progress *progress, const char *line)
{
    progress_erase(progress);
    fprintf(progress->out, "%s\n", line);
    fflush(progress->out);
}

void
progress_clear(struct progress *progress)
{
    progress_erase(progress);
    fflush(progress->out);
    free(take_ptr(progress->label));
}
