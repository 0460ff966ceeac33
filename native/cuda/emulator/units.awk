# From lines "name source defines...": a translation unit for each image, with the kernels under names of their own and the table
# through which the driver finds them, and the registry of all tables. -v objects=DIR
function kernels_of(source,    line, n, name) {
    if (source in counts) {
        return
    }
    n = 0
    while ((getline line < source) > 0) {
        if (line ~ /^KERNEL/) {
            name = line
            sub(/^KERNEL(_OF\([^)]*\))? */, "", name)
            sub(/\(.*/, "", name)
            kernels[source, n++] = name
        }
    }
    close(source)
    counts[source] = n
}
{
    name = $1
    source = $2
    id = name
    gsub(/-/, "_", id)
    kernels_of(source)
    unit = objects "/" id ".cpp"
    text = ""
    for (i = 3; i <= NF; i++) {
        text = text "#define " substr($i, 3) " 1\n"
    }
    for (i = 0; i < counts[source]; i++) {
        text = text "#define " kernels[source, i] " " id "__" kernels[source, i] "\n"
    }
    text = text "#include \"" source "\"\n#include \"cuda/emulator/kernel.h\"\nextern const sluice::Kernel kernels_of_" id "[] = {\n"
    for (i = 0; i < counts[source]; i++) {
        text = text "    sluice::Unpacked<" kernels[source, i] ">::named(\"" kernels[source, i] "\"),\n"
    }
    printf "%s};\n", text > unit
    close(unit)
    tables = tables "extern const sluice::Kernel kernels_of_" id "[" counts[source] "];\n"
    entries = entries "    {\"" name "\", kernels_of_" id ", " counts[source] "},\n"
}
END {
    printf "#include \"cuda/emulator/kernel.h\"\n%snamespace sluice {\nconst Image images[] = {\n%s    {nullptr, nullptr, 0}};\n}\n", \
        tables, entries > (objects "/registry.cpp")
}
