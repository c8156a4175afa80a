package dev.faultline.machine.task;

/// A loop that may go round without getting anywhere, declared so that going round for ever can be told
/// from working. Made where the loop is entered; [#again] is called each time it starts over.
///
/// ```java
/// RetryLoop loop = machine.retryLoop("gfs2_file_direct_write");
/// for (;;) {
///     …
///     loop.again(prevCount, windowBytes);   // every local that survives the iteration
/// }
/// ```
/// A live local that is left out makes two different states look equal; the certificate's replay is the
/// guard against it.
public final class RetryLoop {
    private final Machine machine;
    private final String site;
    private final Task task;
    private final long entryDigest;

    RetryLoop(Machine machine, String site, Task task) {
        this.machine = machine;
        this.site = site;
        this.task = task;
        this.entryDigest = Digest.mix(task.localDigest, site.hashCode());
    }

    /// {@return the name of the loop: the kernel function that it stands in, or the place in a test}
    public String site() {
        return site;
    }

    /// Starts over with nothing that survives but the shared state.
    public void again() {
        start(entryDigest);
    }

    /// Starts over with one live local.
    public void again(long a) {
        start(Digest.mix(entryDigest, a));
    }

    /// Starts over with two live locals.
    public void again(long a, long b) {
        start(Digest.mix(Digest.mix(entryDigest, a), b));
    }

    /// Starts over with these live locals, in this order.
    public void again(long... locals) {
        long digest = entryDigest;
        for (long local : locals) {
            digest = Digest.mix(digest, local);
        }
        start(digest);
    }

    private void start(long digest) {
        task.startsOver(site, digest);
        machine.retry(task, this);
    }
}
