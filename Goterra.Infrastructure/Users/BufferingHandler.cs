namespace Goterra.Infrastructure.Users;

/// <summary>
/// Buffers each response, up to a limit. It runs inside the timeouts, the retry and the circuit breaker, which
/// otherwise end with the response headers: a service that stalls in the body would block the lookup forever.
/// </summary>
internal sealed class BufferingHandler : DelegatingHandler
{
    private const int MaxBytes = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
