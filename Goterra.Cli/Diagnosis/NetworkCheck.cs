using System.Net;
using System.Net.Sockets;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli.Diagnosis;

/// <summary>The way to the server, step by step, each tried once; without credentials.</summary>
internal sealed class NetworkCheck(Findings findings, Route route, StoreClient client, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The server's answer; null where it can't be reached, or is none of ours.</summary>
    public async Task<Reply?> RunAsync(CancellationToken cancellationToken)
    {
        var proxy = route.Proxy;
        findings.Good("proxy", proxy.Proxy is null ? $"none: {proxy.Reason}" : $"{proxy.Proxy.Authority}, {proxy.Reason}; the way ends there for the next two lines");

        var next = proxy.Proxy ?? route.Address.Store();
        var addresses = await ResolveAsync(next.IdnHost, cancellationToken);
        if (addresses.Length == 0 || !await ConnectAsync(addresses, next, cancellationToken))
            return null;
        return await AskAsync(cancellationToken);
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            findings.Good("name", $"{host} is an address already");
            return [address];
        }

        using var limited = new Limited(Limit, time, cancellationToken);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, limited.Token);
            findings.Good("name", $"{host} is {string.Join(", ", addresses.Take(4).Select(one => one.ToString()))}");
            return addresses;
        }
        catch (Exception problem) when (problem is SocketException || limited.IsOver(problem))
        {
            findings.Fail("name", $"{host} can't be resolved: {(problem is SocketException ? problem.Message : "no answer in time")} (is the name right? see /etc/resolv.conf; is the network up?)", ExitCode.Unreachable);
            return [];
        }
    }

    private async Task<bool> ConnectAsync(IPAddress[] addresses, Uri target, CancellationToken cancellationToken)
    {
        var last = "";
        foreach (var address in addresses)
        {
            var start = time.GetTimestamp();
            using var limited = new Limited(Limit, time, cancellationToken);
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, target.Port), limited.Token);
                findings.Good("tcp", $"{address} port {target.Port} answers in {Math.Ceiling(time.GetElapsedTime(start).TotalMilliseconds)} ms");
                return true;
            }
            catch (Exception problem) when (problem is SocketException || limited.IsOver(problem))
            {
                last = $"{address} port {target.Port}: {(problem is SocketException ? problem.Message : "no answer in time")}";
            }
        }

        var way = route.Proxy.Variable is { } variable ? $"is the proxy in {variable} right, and does it run?" : "does the server run there? does a firewall stand between, or is there a proxy to be set in HTTPS_PROXY?";
        findings.Fail("tcp", $"{last} ({way})", ExitCode.Unreachable);
        return false;
    }

    private async Task<Reply?> AskAsync(CancellationToken cancellationToken)
    {
        var exchange = await client.SendAsync(new StoreRequest(HttpMethod.Get, route.Address.Store()), credential: null, Limit, Limit, cancellationToken);
        if (exchange is NoReply none)
        {
            var isTls = none.Reason.StartsWith("TLS: ", StringComparison.Ordinal);
            if (!isTls)
                Certificate();
            findings.Fail(isTls ? "tls" : "server", isTls ? none.Reason["TLS: ".Length..] : none.Reason, none.IsFinal ? ExitCode.Error : ExitCode.Unreachable);
            if (none.IsAboutTime)
                Clock(await new UnverifiedClock(route).ReadAsync(Limit, time, cancellationToken));
            return null;
        }

        var reply = (Reply)exchange;
        Certificate();
        if (!Server(reply))
            return null;
        Clock(reply.Date);
        return reply;
    }

    private void Certificate()
    {
        if (route.Certificates?.Seen is not { } seen)
            return;
        var left = seen.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
        var text = $"{seen.Subject}, signed by {seen.Issuer}, good for {Human.Span(left)} (until {CertificateCheck.Moment(seen.NotAfter)}), trusted by {route.Certificates.Source}";
        if (left < TimeSpan.FromDays(7))
            findings.Warn("tls", $"{text} (it ends soon)");
        else
            findings.Good("tls", text);
    }

    private bool Server(Reply reply)
    {
        if (reply.IsTrouble)
        {
            findings.Fail("server", $"it is in trouble: {reply.Explanation}", ExitCode.Unreachable);
            return false;
        }

        var greeting = reply.IsSuccess ? WireAnswer.Read(reply.Body, WireJson.Default.Greeting) : null;
        if (greeting?.Version is null && greeting?.Message is null)
        {
            findings.Fail("server", reply.IsSuccess ? Verdict.NotOurs(route.Address.Text).Message : Verdict.Failure(route.Address.Text, reply).Message, ExitCode.Error);
            return false;
        }

        findings.Good("server", $"goterra-store {greeting.Version ?? "of unknown version"} answers in {Math.Ceiling(reply.Elapsed.TotalMilliseconds)} ms");
        return true;
    }

    private void Clock(DateTimeOffset? server)
    {
        if (server is not { } there)
            return;
        var here = time.GetUtcNow();
        var off = (here - there).Duration();
        if (off < TimeSpan.FromSeconds(10))
            findings.Good("clock", "the same as the server's");
        else
            findings.Warn("clock", $"{Human.Span(off)} {(here < there ? "behind" : "ahead of")} the server's: here {CertificateCheck.Moment(here)}, there {CertificateCheck.Moment(there)} (set it, or wait until NTP has; certificates are judged by it)");
    }
}
