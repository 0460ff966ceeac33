package org.sluice.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Function;
import org.sluice.error.InvalidRequestException;

/** A file that an option names. */
final class TextFile {
    private TextFile() {}

    /** What a parser makes of the file; its complaints get the file's name. */
    static <T> T parse(Path file, String option, Function<String, T> parser) {
        try {
            return parser.apply(Files.readString(file));
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(file + ": " + e.getMessage(), e);
        } catch (CharacterCodingException e) {
            throw new InvalidRequestException(file + ": is not valid UTF-8", e);
        } catch (NoSuchFileException e) {
            throw new InvalidRequestException(file + ": does not exist; " + option + " names a JSON file", e);
        } catch (IOException e) {
            throw new InvalidRequestException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
