namespace Goterra.Cli.Commands.Watch;

/// <summary>
/// Cancels reads if nothing arrives for a long time, not even a heartbeat: a connection may be dead without the client
/// being notified.
/// </summary>
internal sealed class IdleTimeoutStream(Stream inner, TimeProvider time) : Stream
{
    /// <summary>The server sends a heartbeat every 15 s.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(25);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="OperationCanceledException">Nothing arrived in time.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var idle = new CancellationTokenSource(IdleTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        return await inner.ReadAsync(buffer, linked.Token);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
