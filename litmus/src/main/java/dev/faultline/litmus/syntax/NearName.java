package dev.faultline.litmus.syntax;

import java.util.Collection;
import java.util.Optional;

/// Finds the name that was perhaps meant.
final class NearName {
    private NearName() {}

    /// {@return the first of `known` with the fewest edits from `word`, if these are at most a third of it}
    static Optional<String> of(String word, Collection<String> known) {
        int best = word.length() / 3 + 1;
        Optional<String> nearest = Optional.empty();
        for (String name : known) {
            if (Math.abs(name.length() - word.length()) < best) {
                int distance = distance(word, name);
                if (distance < best) {
                    best = distance;
                    nearest = Optional.of(name);
                }
            }
        }
        return nearest;
    }

    /// The edits, each an insertion, a deletion, a change or a swap of neighbours; a change of case is half of one.
    private static int distance(String from, String to) {
        int[][] edits = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                edits[i][j] = i == 0 ? 2 * j : j == 0 ? 2 * i : edits(edits, from, i, to, j);
            }
        }
        return (edits[from.length()][to.length()] + 1) / 2;
    }

    private static int edits(int[][] edits, String from, int i, String to, int j) {
        char a = from.charAt(i - 1);
        char b = to.charAt(j - 1);
        int change = a == b ? 0 : Character.toLowerCase(a) == Character.toLowerCase(b) ? 1 : 2;
        int best = Math.min(edits[i - 1][j - 1] + change, Math.min(edits[i - 1][j], edits[i][j - 1]) + 2);
        boolean swapped = i > 1 && j > 1 && a == to.charAt(j - 2) && b == from.charAt(i - 2);
        return swapped ? Math.min(best, edits[i - 2][j - 2] + 2) : best;
    }
}
