using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task Get_CaInTheFile_IsTrusted()
    {
        using var other = new TestAuthority("Another CA");
        await File.AppendAllTextAsync(other.Path, await File.ReadAllTextAsync(_authority.Path));
        await using var server = await StartSecureAsync(_authority.Issue(), Raw("v"));

        var run = await RunAsync(server, other.Path);

        Assert.Equal((0, "v\n", ""), (run.ExitCode, run.Text, run.Errors));
    }

    [Fact]
    public async Task Get_UntrustedCa_IsAPermanentErrorWithAdvice()
    {
        using var other = new TestAuthority("Another CA");
        await using var server = await StartSecureAsync(_authority.Issue(), Raw("v"));

        var run = await RunAsync(server, other.Path);
        var ofSystem = await RunAsync(server, caFile: null);

        foreach (var refused in new[] { run, ofSystem })
        {
            Assert.Equal((1, ""), (refused.ExitCode, refused.Text));
            Assert.Contains(
                "signed by `CN=Test CA`, which this machine does not trust", refused.Errors, StringComparison.Ordinal);
            Assert.Contains("GOT_CACERT", refused.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("retrying", refused.Errors, StringComparison.Ordinal);
        }

        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Get_CertificateOfAnotherHost_IsAPermanentError()
    {
        await using var server = await StartSecureAsync(_authority.Issue("other.example.org"), Raw("v"));

        var run = await RunAsync(server, _authority.Path);

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("is for other.example.org", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_CertificateExpired_IsAPermanentErrorWithTheClock()
    {
        await using var server = await StartSecureAsync(_authority.Issue(from: -30, to: -2), Raw("v"));

        var run = await RunAsync(server, _authority.Path, TimeProvider.System);

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("has expired", run.Errors, StringComparison.Ordinal);
        Assert.Contains("this machine's clock is at 20", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_CertificateNotYetValid_IsRetriedUntilTheClockIsSet()
    {
        await using var server = await StartSecureAsync(_authority.Issue(from: 2), Raw("v"));
        var time = new SkippingTime();
        // A test cannot set the clock. The server switches to a valid certificate instead.
        time.PauseBegins = () => server.Certificate = _authority.Issue();

        var run = await RunAsync(server, _authority.Path, time);

        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
        Assert.Contains("not yet valid", run.Errors, StringComparison.Ordinal);
        Assert.Contains("which may not be set yet; retrying", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_CertificateNeverValid_IsUnreachableAtTheDeadline()
    {
        await using var server = await StartSecureAsync(_authority.Issue(from: 2), Raw("v"));
        var time = new SkippingTime();
        var start = time.GetTimestamp();

        var run = await RunAsync(server, _authority.Path, time, "--timeout=2m");

        Assert.Equal((7, ""), (run.ExitCode, run.Text));
        Assert.Equal(TimeSpan.FromMinutes(2), time.GetElapsedTime(start));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Get_PlainServerAtAnHttpsAddress_IsAPermanentError()
    {
        await using var server = await StartAsync(Raw("v"));

        var run = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor($"https://localhost:{server.Port}"));

        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains("should --url (GOT_URL) begin with http://", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "there is no certificate in")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "GOT_CACERT")]
    [InlineData(null, "GOT_CACERT")]
    public async Task Get_UnusableCaFile_IsAUsageError(string? content, string words)
    {
        await using var server = await StartSecureAsync(_authority.Issue(), Raw("v"));
        if (content is null)
            File.Delete(_authority.Path);
        else
            await File.WriteAllTextAsync(_authority.Path, content);

        var run = await RunAsync(server, _authority.Path);

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
        Assert.Contains(words, run.Errors, StringComparison.Ordinal);
        if (content is null)
            await File.WriteAllTextAsync(_authority.Path, "");
    }

    [Fact]
    public async Task Get_TruncatedTlsResponse_PrintsTheWholeValueOnce()
    {
        await using var server = await StartSecureAsync(
            _authority.Issue(), CutInTheMiddle("0123456789"), Raw("0123456789"));

        var run = await RunAsync(server, _authority.Path);

        Assert.Equal((0, "0123456789\n"), (run.ExitCode, run.Text));
    }

    public void Dispose() => _authority.Dispose();

    private static Task<CliRun> RunAsync(
        ScriptedServer server, string? caFile, TimeProvider? time = null, params string[] options)
    {
        var variables = CliRun.VariablesFor(server.Url);
        if (caFile is not null)
            variables["GOT_CACERT"] = caFile;
        return CliRun.RunAsync(["get", "k", .. options], variables, time: time);
    }
}
