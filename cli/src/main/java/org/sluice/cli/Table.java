package org.sluice.cli;

import java.util.ArrayList;
import java.util.List;

/** Columns of text; those that begin with a digit in every row but the heading stand to the right. */
final class Table {
    private final List<String[]> rows = new ArrayList<>();
    private final boolean headed;

    /** @param headings may all be empty */
    Table(String... headings) {
        headed = !String.join("", headings).isEmpty();
        rows.add(headings);
    }

    Table row(String... cells) {
        rows.add(cells);
        return this;
    }

    @Override
    public String toString() {
        int columns = rows.getFirst().length;
        int[] width = new int[columns];
        boolean[] right = new boolean[columns];
        for (int c = 0; c < columns; c++) {
            right[c] = headed;
            for (String[] r : rows) {
                width[c] = Math.max(width[c], r[c].length());
            }
            for (String[] r : rows.subList(1, rows.size())) {
                right[c] &= r[c].isEmpty() || Character.isDigit(r[c].charAt(0));
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] r : headed ? rows : rows.subList(1, rows.size())) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < columns; c++) {
                String pad = " ".repeat(width[c] - r[c].length());
                line.append(c == 0 ? "" : "  ").append(right[c] ? pad + r[c] : r[c] + pad);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
