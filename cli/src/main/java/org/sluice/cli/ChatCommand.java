package org.sluice.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.sluice.chat.ChatModel;
import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.Reply;
import org.sluice.chat.ReplyOptions;
import org.sluice.chat.Tool;
import org.sluice.chat.ToolCall;
import org.sluice.decode.CancelToken;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.SluiceException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A conversation at the terminal, or line by line from a pipe. */
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = "Talks. Ctrl-C stops an answer, Ctrl-D leaves; /help lists commands.")
final class ChatCommand implements Callable<Integer> {
    private static final String HELP = "/help       this list\n/reset      forget the conversation\n"
            + "/save FILE  keep the conversation so far; --session FILE goes on with it\n"
            + "/quit       leave (or Ctrl-D)\nCtrl-C      stop the running answer, twice: leave\n";

    @Mixin
    private ModelChoice model = new ModelChoice();

    @Mixin
    private DraftChoice drafts = new DraftChoice();

    @Mixin
    private SessionChoice session = new SessionChoice();

    @Mixin
    private AnswerChoice answer = new AnswerChoice();

    private final Io io;
    private volatile @Nullable CancelToken running;

    ChatCommand(Io io) {
        this.io = io;
    }

    @Override
    public Integer call() {
        List<Tool> tools = answer.check();
        session.check();
        try (Bars bars = new Bars(io);
                ChatModel chat = ChatModel.load(
                        model.folder(), session.engine(drafts.engine(model.engine(bars)), model.caches()));
                Conversation talk = session.open(chat, answer.opening());
                Lines lines = Lines.of(io)) {
            io.println(io.dim(chat.engine().path() + " on " + chat.engine().device() + ", context "
                    + Figures.count(chat.engine().context()) + " tokens"));
            if (io.inTerminal()) {
                io.println(io.dim("/help lists commands, Ctrl-D leaves"));
            }
            if (session.resumes()) {
                new Recap(io).show(talk, session.name());
            }
            lines.onInterrupt(this::interrupt);
            converseAndKeep(talk, lines, answer.options(chat, talk, tools), bars);
        }
        return 0;
    }

    /** Keeps what was said also where something ends it before its time. */
    private void converseAndKeep(Conversation talk, Lines lines, ReplyOptions options, Bars bars) {
        try {
            converse(talk, lines, options, bars);
        } catch (RuntimeException e) {
            try {
                session.save(talk);
            } catch (RuntimeException another) {
                e.addSuppressed(another);
            }
            throw e;
        }
        session.save(talk);
    }

    private void converse(Conversation talk, Lines lines, ReplyOptions options, Bars bars) {
        List<Message> opening = SessionChoice.opening(talk);
        boolean warned = false;
        if (results(talk, lines, openCalls(talk))) {
            answer(talk, lines, options, bars);
        }
        while (true) {
            String line = lines.next("> ");
            if (line == null || line.strip().equals("/quit")) {
                return;
            }
            if (line.equals(Lines.INTERRUPTED)) {
                if (warned) {
                    return;
                }
                warned = true;
                io.println(io.dim("Ctrl-C again or Ctrl-D leaves"));
                continue;
            }
            warned = false;
            if (line.isBlank()) {
                continue;
            }
            if (line.startsWith("/")) {
                obey(line.strip(), talk, opening);
                continue;
            }
            talk.add(Message.user(line));
            answer(talk, lines, options, bars);
        }
    }

    /** Answers until no tool is called any more. */
    private void answer(Conversation talk, Lines lines, ReplyOptions options, Bars bars) {
        Reply reply = reply(talk, options, bars);
        while (reply != null && results(talk, lines, reply.output().toolCalls())) {
            reply = reply(talk, options, bars);
        }
    }

    /** Calls at the end of a conversation, which nobody has answered. */
    private static List<ToolCall> openCalls(Conversation talk) {
        return talk.messages().isEmpty() ? List.of() : talk.messages().getLast().toolCalls();
    }

    private void obey(String command, Conversation talk, List<Message> opening) {
        if (command.startsWith("/save ")) {
            save(command.substring("/save ".length()).strip(), talk);
            return;
        }
        switch (command) {
            case "/help" -> io.print(HELP);
            case "/reset" -> {
                talk.clear();
                talk.addAll(opening);
                io.println(io.dim("forgotten"));
            }
            default -> io.print("there is no " + command + "\n" + HELP);
        }
    }

    private void save(String file, Conversation talk) {
        try {
            talk.save(Path.of(file));
            io.println(io.dim("saved to " + file));
        } catch (SluiceException | InvalidPathException e) {
            // what was said is still there, and another file may do
            io.println("not saved: " + e.getMessage());
        }
    }

    /** Asks the user for what the called tools answer; whether there is anything for the model to go on with. */
    private boolean results(Conversation talk, Lines lines, List<ToolCall> calls) {
        boolean any = false;
        for (ToolCall call : calls) {
            String result = io.inTerminal() ? lines.next("result of " + call.name() + " (empty for none)> ") : null;
            if (result != null && !result.isBlank() && !result.equals(Lines.INTERRUPTED)) {
                talk.add(Message.tool(result, call.id()));
                any = true;
            }
        }
        return any;
    }

    /** The answer, or null where the conversation no longer fits and nothing was said. */
    private @Nullable Reply reply(Conversation talk, ReplyOptions options, Bars bars) {
        CancelToken cancel = new CancelToken();
        running = cancel;
        AnswerPrinter printer = new AnswerPrinter(io, true);
        try {
            Reply reply = talk.reply(options, printer, bars, cancel);
            printer.finish();
            String why = reply.finishReason().equals("length")
                    ? " cut off: --max-tokens or the context is used up"
                    : reply.finishReason().equals("cancelled") ? " stopped" : "";
            io.println(io.dim(Figures.of(reply.generation()) + why));
            return reply;
        } catch (InvalidRequestException e) {
            if (!io.inTerminal()) {
                throw e;
            }
            // a person can go on after a prompt that is too long
            printer.finish();
            io.println(e.getMessage() + "; /reset forgets the conversation");
            return null;
        } finally {
            running = null;
        }
    }

    private void interrupt() {
        CancelToken current = running;
        if (current == null) {
            return;
        }
        if (current.isCancelled()) {
            // asked twice: the step that runs may take long on a large model
            Runtime.getRuntime().halt(130);
        }
        current.cancel();
    }
}
