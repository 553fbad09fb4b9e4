/* SPDX-License-Identifier: MIT */
/* The source of a chain: the kernels' sources one after the other, as functions.
 *
 * What a source defines gets the kernel's number behind its name, by macros around it; its macros are undefined behind
 * it. So that these names are found, sources keep to a few rules: a macro that defines a function gets its name as
 * first argument; names that macros stand for are declared; only the kernel itself asks for indices; there are no
 * enums, nor the name work_item. */
#include "base/memory.h"
#include "device/chain.h"

#include <ctype.h>
#include <string.h>

/* A name in a source. */
struct name {
    const char *text;
    size_t length;
};

struct names {
    struct name *items;
    size_t count;
    size_t capacity;
};

/* How far a source is read. */
struct reader {
    const char *at;
    int depth;        /* of brackets of all kinds */
    size_t words;     /* names since the last statement ended, outside of brackets */
    struct name last; /* the name just read; empty: something else was */
    struct names macros;
    struct names defined; /* functions, structs and types */
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool same(struct name a, struct name b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static bool knows(const struct names *names, struct name name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (same(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

static plait_status add(struct names *names, struct name name)
{
    plait_status status = PLAIT_OK;

    if (name.length == 0 || knows(names, name)) {
        return PLAIT_OK;
    }
    TRY(mem_grow(&names->items, &names->capacity, names->count + 1, sizeof *names->items));
    names->items[names->count++] = name;
out:
    return status;
}

static struct name read_word(struct reader *reader)
{
    const struct name name = {reader->at, strspn(reader->at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                             "0123456789_")};

    reader->at += name.length;
    return name;
}

static void skip_space(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t\n");
}

/* Skips what is between brackets, of which the first comes next. */
static void skip_brackets(struct reader *reader)
{
    int depth = 0;

    skip_space(reader);
    do {
        depth += *reader->at == '(' ? 1 : *reader->at == ')' ? -1 : 0;
        reader->at += *reader->at ? 1 : 0;
    } while (depth > 0 && *reader->at);
}

static void skip_comment(struct reader *reader)
{
    const char *end = strstr(reader->at + 2, "*/");

    reader->at = end ? end + 2 : reader->at + strlen(reader->at);
}

/* Reads a directive, and keeps the name of a macro. */
static plait_status read_directive(struct reader *reader)
{
    plait_status status = PLAIT_OK;

    reader->at++;
    const struct name directive = read_word(reader);
    if (same(directive, (struct name){"define", strlen("define")})) {
        skip_space(reader);
        TRY(add(&reader->macros, read_word(reader)));
    }
    while (*reader->at && (*reader->at != '\n' || reader->at[-1] == '\\')) {
        reader->at++;
    }
out:
    return status;
}

/* Reads a bracket, `=`, `;` or another sign, and keeps the name before it if that is what is being defined. */
static plait_status read_sign(struct reader *reader)
{
    plait_status status = PLAIT_OK;
    const char sign = *reader->at++;
    const bool outside = reader->depth == 0;

    if (outside && sign == '(' && reader->words == 1) { /* a macro that defines what its first argument names */
        skip_space(reader);
        reader->last = read_word(reader);
    }
    if (outside && strchr("([{=;", sign)) {
        TRY(add(&reader->defined, reader->last));
    }
    reader->last = (struct name){0};
    reader->depth += strchr("([{", sign) ? 1 : strchr(")]}", sign) ? -1 : 0;
    if (reader->depth == 0 && (sign == ';' || sign == '}' || (sign == ')' && reader->words == 1))) {
        reader->words = 0;
    }
out:
    return status;
}

/* Finds the names of a source. */
static plait_status find_names(struct reader *reader)
{
    plait_status status = PLAIT_OK;

    while (skip_space(reader), *reader->at) {
        if (strncmp(reader->at, "/*", 2) == 0) {
            skip_comment(reader);
        } else if (*reader->at == '#') {
            TRY(read_directive(reader));
        } else if (is_word(*reader->at)) {
            const struct name name = read_word(reader);
            if (same(name, (struct name){"__attribute__", strlen("__attribute__")})) {
                skip_brackets(reader);
            } else if (reader->depth == 0) {
                reader->last = name;
                reader->words++;
            }
        } else {
            TRY(read_sign(reader));
        }
    }
out:
    return status;
}

/* For each "-D NAME=VALUE" of the options, or "-D NAME", a line that defines it, or undefines it. */
static void add_options(struct text *text, const char *options, bool define)
{
    for (const char *at = options; (at = strstr(at, "-D ")) != NULL;) {
        at += strlen("-D ");
        const int name = (int)strcspn(at, "= ");
        const int all = (int)strcspn(at, " ");
        if (define) {
            text_add(text, "#define %.*s %.*s\n", name, at, name < all ? all - name - 1 : 1,
                     name < all ? at + name + 1 : "1");
        } else {
            text_add(text, "#undef %.*s\n", name, at);
        }
        at += all;
    }
}

static void undefine(struct text *text, const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        text_add(text, "#undef %.*s\n", (int)names->items[i].length, names->items[i].text);
    }
}

/* Adds the source of kernel `number` as a function kernel_<number>, which gets the work-item's place besides. */
static plait_status add_part(struct text *text, const struct chain_part *part, size_t number)
{
    plait_status status = PLAIT_OK;
    const struct name kernel = {part->source->name, strlen(part->source->name)};
    struct reader reader = {.at = part->source->text};

    TRY(find_names(&reader));
    for (size_t i = 0; i < reader.defined.count; i++) {
        const struct name name = reader.defined.items[i];
        if (!same(name, kernel)) {
            text_add(text, "#define %.*s %.*s_%zu\n", (int)name.length, name.text, (int)name.length, name.text, number);
        }
    }
    text_add(text, "#define %s(...) kernel_%zu(__VA_ARGS__, const int8 work_item)\n", kernel.text, number);
    add_options(text, part->options, true);
    text_add(text, "%s\n", part->source->text);
    undefine(text, &reader.defined);
    undefine(text, &reader.macros);
    add_options(text, part->options, false);
out:
    mem_free(reader.macros.items);
    mem_free(reader.defined.items);
    return status;
}

/* Adds how the parameter, the `length` characters at `at`, is read from row `row` of the table. */
static void add_argument(struct text *text, const char *at, size_t length, size_t row)
{
    static const struct {
        const char *word;
        const char *format;
    } kinds[] = {
        {"__global ", "(__global void *)buffers[rows[%zu].s0]"},
        {"__local ", "(__local void *)(memory + rows[%zu].s0)"},
        {"int8 ", "rows[%zu]"},
        {"int4 ", "rows[%zu].s0123"},
        {"long ", "__builtin_astype(rows[%zu].s01, long)"},
        {"float ", "__builtin_astype(rows[%zu].s0, float)"},
        {"int ", "rows[%zu].s0"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *found = strstr(at, kinds[i].word);
        if (found && found < at + length) {
            text_add(text, kinds[i].format, row);
            return;
        }
    }
}

/* Adds a case of `call`: the parameters stand in the source behind the kernel's name. */
static void add_case(struct text *text, const struct kernel_source *source, size_t number)
{
    const char *at = strstr(source->text, "__kernel");
    size_t row = 0;

    text_add(text, "    case %zu: kernel_%zu(", number, number);
    at = strstr(at, source->name) + strlen(source->name) + 1;
    for (size_t length = strcspn(at, ",)"); at[-1] != ')'; length = strcspn(at, ",)")) {
        add_argument(text, at, length, row++);
        text_add(text, ", ");
        at += length + 1;
    }
    text_add(text, "item); break;\n");
}

plait_status chain_source(const struct chain_part *parts, size_t count, size_t buffers, struct text *text)
{
    plait_status status = PLAIT_OK;

    text_add(text,
             "%s#define get_global_id(axis) ((size_t)work_item.s##axis)\n"
             "#define __kernel static __attribute__((noinline))\n"
             "#define vec_type_hint(type)\n",
             kernel_builtins.text);
    for (size_t i = 0; i < count; i++) {
        TRY(add_part(text, &parts[i], i));
    }
    text_add(text, "#undef __kernel\n"
                   "#undef get_global_id\n"
                   "#line 1 \"call\"\n"
                   "static void call(int number, __global const int8 *rows, __global float *const *buffers, "
                   "__local float *memory, int8 item)\n{\n    switch (number) {\n");
    for (size_t i = 0; i < count; i++) {
        add_case(text, parts[i].source, i);
    }
    text_add(text, "    }\n}\n#define CHAIN_BUFFERS(M)");
    for (size_t i = 0; i < buffers; i++) {
        text_add(text, " M(%zu)", i);
    }
    text_add(text, "\n%s", kernel_chain.text);
    status = text->status;
out:
    return status;
}
