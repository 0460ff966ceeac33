package consumer;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.sluice.EngineOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.chat.ChatModel;
import org.sluice.chat.Conversation;
import org.sluice.chat.Message;
import org.sluice.chat.OutputEvent;
import org.sluice.chat.Reply;
import org.sluice.decode.CancelToken;

/** Loads a model and streams an answer that another thread may cut short. */
final class Answering {
    private Answering() {}

    static Reply run() {
        // [readme]
        ProgressListener progress = (phase, done, total) -> System.err.printf("\r%s %d/%d ", phase, done, total);
        CancelToken cancel = new CancelToken();
        CompletableFuture.delayedExecutor(30, TimeUnit.SECONDS).execute(cancel::cancel); // from another thread
        try (ChatModel model = ChatModel.load(Path.of("models/demo"), EngineOptions.DEFAULT.withProgress(progress));
                Conversation talk = model.newConversation().add(Message.user("What is 17 + 25?"))) {
            Reply reply = talk.reply(model.defaults(), event -> {
                if (event instanceof OutputEvent.ContentDelta text) System.out.print(text.text());
            }, progress, cancel);
            System.out.printf("%n%.0f tokens/s%n", reply.generation().decodeRate());
            return reply;
        }
        // [/readme]
    }
}
