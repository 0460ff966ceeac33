/** Kernel sources, their build products and their bindings. */
module org.sluice.natives {
    requires static org.jspecify;

    exports org.sluice.natives;
}
