namespace Goterra.Infrastructure.Users;

/// <summary>
/// Reads each answer to its end, and no further than is allowed. It stands inside the time-outs, the retry and the circuit breaker, which would otherwise be
/// content with an answer's first line: a service that stalls after it would hold the look-up for ever.
/// </summary>
internal sealed class WholeAnswers : DelegatingHandler
{
    private const int LongestAnswer = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(LongestAnswer, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
