using System.Net;
using System.Net.Sockets;
using Goterra.Cli.Http;
using Goterra.Cli.Output;
using Goterra.Cli.Protocol;
using Goterra.Cli.Runtime;
using Goterra.Cli.Tls;

namespace Goterra.Cli.Commands.Doctor;

/// <summary>Checks the connection to the server step by step, without retries and without credentials.</summary>
internal sealed class NetworkCheck(DoctorReport report, ServerRoute route, StoreClient client, TimeProvider time)
{
    private const string TlsPrefix = "TLS: ";

    private static readonly TimeSpan StepTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Returns the server's response; null if it cannot be reached, or is not a goterra server.</summary>
    public async Task<StoreResponse?> RunAsync(CancellationToken cancellationToken)
    {
        var proxy = route.Proxy;
        report.Ok("proxy", proxy.Proxy is null
            ? $"none: {proxy.Reason}"
            : $"{proxy.Proxy.Authority}, {proxy.Reason}; the next two checks are about the proxy");
        var target = proxy.Proxy ?? route.Address.Store();

        var addresses = await ResolveAsync(target.IdnHost, cancellationToken);
        return addresses.Count > 0 && await ConnectAsync(addresses, target, cancellationToken)
            ? await RequestAsync(cancellationToken)
            : null;
    }

    private async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            report.Ok("name", $"{host} is an address");
            return [address];
        }

        using var timeout = new StepTimeoutSource(time, cancellationToken);
        try
        {
            var addresses = await route.Addresses.ResolveAsync(host, timeout.Token);
            report.Ok("name", $"{host} is {string.Join(", ", addresses.Take(4).Select(one => one.ToString()))}");
            return addresses;
        }
        catch (Exception exception) when (exception is SocketException || timeout.HasExpired(exception))
        {
            report.Fail(
                "name",
                $"cannot resolve {host}: {Describe(exception)} (is the name right? see /etc/resolv.conf; "
                + "is the network up?)",
                ExitCode.Unreachable);
            return [];
        }
    }

    /// <summary>Tries all addresses: the client uses the one that answers first, but the others slow it down.</summary>
    private async Task<bool> ConnectAsync(
        IReadOnlyList<IPAddress> addresses, Uri target, CancellationToken cancellationToken)
    {
        var attempts = await Task.WhenAll(
            addresses.Select(address => TryConnectAsync(address, target.Port, cancellationToken)));
        var isConnected = attempts.Any(attempt => attempt.Error is null);
        var advice = isConnected ? "the client uses the other address"
            : route.Proxy.Variable is { } variable ? $"is the proxy in {variable} right, and running?"
            : "is the server running there? is a firewall in between, or does "
                + $"{target.Scheme.ToUpperInvariant()}_PROXY need to be set?";
        foreach (var (address, error, elapsed) in attempts)
        {
            if (error is null)
                report.Ok("tcp", $"connected to {address} port {target.Port} in {Milliseconds(elapsed)}");
            else if (isConnected)
                report.Warn("tcp", $"{address} port {target.Port}: {error} ({advice})");
            else
                report.Fail("tcp", $"{address} port {target.Port}: {error} ({advice})", ExitCode.Unreachable);
        }

        return isConnected;
    }

    private async Task<(IPAddress Address, string? Error, TimeSpan Elapsed)> TryConnectAsync(
        IPAddress address, int port, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        using var timeout = new StepTimeoutSource(time, cancellationToken);
        try
        {
            using var socket = await AddressRace.ConnectAsync(address, port, timeout.Token);
            return (address, null, time.GetElapsedTime(start));
        }
        catch (Exception exception) when (exception is SocketException || timeout.HasExpired(exception))
        {
            return (address, Describe(exception), time.GetElapsedTime(start));
        }
    }

    private async Task<StoreResponse?> RequestAsync(CancellationToken cancellationToken)
    {
        var request = StoreRequest.Get(route.Address.Store());
        var result = await client.SendAsync(
            request, credential: null, new SendTimeouts(StepTimeout, StepTimeout), cancellationToken);
        if (result is SendFailure failure)
        {
            var exitCode = failure.IsPermanent || failure.IsForeign ? ExitCode.Error : ExitCode.Unreachable;
            if (failure.Reason.StartsWith(TlsPrefix, StringComparison.Ordinal))
            {
                report.Fail("tls", failure.Reason[TlsPrefix.Length..], exitCode);
            }
            else
            {
                ReportCertificate();
                report.Fail("server", failure.Reason, exitCode);
            }

            if (failure.IsClockRelated)
                ReportClock(await ReadUnverifiedClockAsync(cancellationToken));
            return null;
        }

        var response = (StoreResponse)result;
        ReportCertificate();
        if (!ReportServer(response))
            return null;
        ReportClock(response.Date);
        return response;
    }

    private void ReportCertificate()
    {
        if (route.Certificates?.LastCertificate is not { } certificate)
            return;
        var left = certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
        var text = $"{certificate.Subject}, signed by {certificate.Issuer}, valid for {Humanizer.Duration(left)} "
            + $"(until {ServerCertificateValidator.Format(certificate.NotAfter)}), "
            + $"trusted by {route.Certificates.Source}";
        if (left < TimeSpan.FromDays(7))
            report.Warn("tls", $"{text} (expires soon)");
        else
            report.Ok("tls", text);
    }

    private bool ReportServer(StoreResponse response)
    {
        if (response is { IsTransient: true, IsForeign: false })
        {
            report.Fail("server", $"unavailable: {response.Explanation}", ExitCode.Unreachable);
            return false;
        }

        var version = response.IsSuccess
            ? ProtocolJson.TryRead(response.Body, ProtocolJson.Default.ServerGreeting)
            : null;
        if (version?.Version is null && version?.Message is null)
        {
            var error = response.IsSuccess
                ? ExitCodes.NotGoterra(route.Address.Text)
                : ExitCodes.Failure(route.Address.Text, response);
            report.Fail("server", error.Message, ExitCode.Error);
            return false;
        }

        report.Ok(
            "server",
            $"goterra-store {version.Version ?? "(unknown version)"} responds in {Milliseconds(response.Elapsed)}");
        return true;
    }

    /// <summary>
    /// Reads the clock of a server whose certificate is not valid by this machine's clock. Sends no credentials, and
    /// uses nothing else of the response.
    /// </summary>
    private async Task<DateTimeOffset?> ReadUnverifiedClockAsync(CancellationToken cancellationToken)
    {
        using var handler = route.ToHandler();
#pragma warning disable CA5359 // the check is about which of the two clocks is wrong
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler);
        using var timeout = new StepTimeoutSource(time, cancellationToken);
        try
        {
            using var response = await http.GetAsync(
                route.Address.Store(), HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            return response.Headers.Date;
        }
        catch (Exception exception) when (exception is HttpRequestException || timeout.HasExpired(exception))
        {
            return null;
        }
    }

    private void ReportClock(DateTimeOffset? serverClock)
    {
        if (serverClock is not { } server)
            return;
        var own = time.GetUtcNow();
        var difference = (own - server).Duration();
        if (difference < TimeSpan.FromSeconds(10))
        {
            report.Ok("clock", "in sync with the server");
            return;
        }

        report.Warn(
            "clock",
            $"{Humanizer.Duration(difference)} {(own < server ? "behind" : "ahead of")} the server's: "
            + $"here {ServerCertificateValidator.Format(own)}, there {ServerCertificateValidator.Format(server)} "
            + "(set it, or wait for NTP; certificates are checked against it)");
    }

    private static string Describe(Exception exception) =>
        exception is SocketException ? exception.Message : "timed out";

    private static string Milliseconds(TimeSpan elapsed) => $"{Math.Ceiling(elapsed.TotalMilliseconds)} ms";

    /// <summary>Cancels a step after its time limit.</summary>
    private sealed class StepTimeoutSource : IDisposable
    {
        private readonly CancellationTokenSource _timeout;
        private readonly CancellationTokenSource _linked;

        public StepTimeoutSource(TimeProvider time, CancellationToken cancellationToken)
        {
            _timeout = new CancellationTokenSource(StepTimeout, time);
            _linked = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellationToken);
        }

        public CancellationToken Token => _linked.Token;

        public bool HasExpired(Exception exception) =>
            exception is OperationCanceledException && _timeout.IsCancellationRequested;

        public void Dispose()
        {
            _linked.Dispose();
            _timeout.Dispose();
        }
    }
}
