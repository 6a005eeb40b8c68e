namespace Goterra.Cli.Connection;

/// <summary>Sends one request, with a credential, and reads its answer to the end. Never throws for what a network does.</summary>
internal interface IStoreClient : IDisposable
{
    /// <param name="request">What to send.</param>
    /// <param name="patience">How long the server may take until its answer begins, once it has the request.</param>
    /// <param name="limit">How long it all may take.</param>
    /// <param name="cancellationToken">Ends it with an <see cref="OperationCanceledException"/>.</param>
    Task<Exchange> SendAsync(StoreRequest request, TimeSpan patience, TimeSpan limit, CancellationToken cancellationToken);

    /// <summary>Takes the credentials out of words that came from outside.</summary>
    string Redact(string text);
}
