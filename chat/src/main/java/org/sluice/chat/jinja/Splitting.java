package org.sluice.chat.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code str.split} and {@code str.rsplit}. */
final class Splitting {
    private Splitting() {}

    static List<String> split(String s, @Nullable Object separator, int max, boolean fromRight, Budget budget) {
        budget.characters(s.length());
        int limit = max < 0 ? Integer.MAX_VALUE : max;
        return switch (separator) {
            case null -> fromRight ? wordsFromRight(s, limit) : words(s, limit);
            case String by when by.isEmpty() -> throw JinjaException.runtime("empty separator");
            case String by -> fromRight ? partsFromRight(s, by, limit) : parts(s, by, limit);
            default -> throw JinjaException.runtime("split takes text or None, not " + Values.typeName(separator));
        };
    }

    private static List<String> parts(String s, String by, int limit) {
        List<String> parts = new ArrayList<>();
        int at = 0;
        while (parts.size() < limit) {
            int next = s.indexOf(by, at);
            if (next < 0) {
                break;
            }
            parts.add(s.substring(at, next));
            at = next + by.length();
        }
        parts.add(s.substring(at));
        return parts;
    }

    private static List<String> partsFromRight(String s, String by, int limit) {
        Deque<String> parts = new ArrayDeque<>();
        int end = s.length();
        while (parts.size() < limit) {
            int next = s.lastIndexOf(by, end - by.length());
            if (next < 0 || end < by.length()) {
                break;
            }
            parts.addFirst(s.substring(next + by.length(), end));
            end = next;
        }
        parts.addFirst(s.substring(0, end));
        return new ArrayList<>(parts);
    }

    /** Words between white space; what is left after the last split keeps its white space. */
    private static List<String> words(String s, int limit) {
        List<String> words = new ArrayList<>();
        int at = Characters.skipSpace(s, 0);
        while (at < s.length()) {
            if (words.size() == limit) {
                words.add(s.substring(at));
                break;
            }
            int end = at;
            while (end < s.length() && !Characters.isSpace(s.charAt(end))) {
                end++;
            }
            words.add(s.substring(at, end));
            at = Characters.skipSpace(s, end);
        }
        return words;
    }

    private static List<String> wordsFromRight(String s, int limit) {
        Deque<String> words = new ArrayDeque<>();
        String left = Characters.stripEnd(s);
        while (!left.isEmpty()) {
            if (words.size() == limit) {
                words.addFirst(left);
                break;
            }
            int begin = left.length();
            while (begin > 0 && !Characters.isSpace(left.charAt(begin - 1))) {
                begin--;
            }
            words.addFirst(left.substring(begin));
            left = Characters.stripEnd(left.substring(0, begin));
        }
        return new ArrayList<>(words);
    }
}
