using Goterra.Cli.Connection;

namespace Goterra.Cli.Diagnosis;

/// <summary>The clock of a server whose certificate isn't good by this machine's clock. Nothing is sent to it but the question, and nothing else believed of it.</summary>
internal sealed class UnverifiedClock(Route route)
{
    /// <summary>Null where it doesn't tell.</summary>
    public async Task<DateTimeOffset?> ReadAsync(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var handler = route.ToHandler();
#pragma warning disable CA5359 // which of the two clocks is wrong is what is to be found out
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler);
        using var limited = new Limited(limit, time, cancellationToken);
        try
        {
            using var response = await http.GetAsync(route.Address.Store(), HttpCompletionOption.ResponseHeadersRead, limited.Token);
            return response.Headers.Date;
        }
        catch (Exception problem) when (problem is HttpRequestException || limited.IsOver(problem))
        {
            return null;
        }
    }
}
