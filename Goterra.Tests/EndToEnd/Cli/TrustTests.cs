using System.Security.Cryptography.X509Certificates;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>
/// The CAs that are trusted: `GOT_CACERT`, `SSL_CERT_FILE`, `SSL_CERT_DIR`.
/// </summary>
[Trait("Category", "EndToEnd")]
public sealed class TrustTests : IDisposable
{
    private const string Untrusted = "which this machine does not trust";

    private readonly TestAuthority _root = new();
    private readonly TestAuthority _between;
    private readonly TempFolder _folder = new();

    public TrustTests() => _between = new TestAuthority("Between", _root);

    [Fact]
    public async Task Get_IntermediateSentByTheServer_NeedsOnlyTheRoot()
    {
        await using var server = await StartSecureAsync(_between.Issue(), Raw("v"));
        server.Between.Add(_between.Certificate);

        await AssertTrustedAsync(server, ("GOT_CACERT", _root.Path));
    }

    [Fact]
    public async Task Get_IntermediateInTheFile_IsFound()
    {
        await using var server = await StartSecureAsync(_between.Issue(), Raw("v"));

        await AssertTrustedAsync(server, ("GOT_CACERT", await BundleAsync(_between, _root)));
        await AssertRefusedAsync(server, Untrusted, ("GOT_CACERT", _root.Path));
        await AssertRefusedAsync(server, Untrusted, ("GOT_CACERT", _between.Path));
    }

    [Fact]
    public async Task Get_CaWithTheSameNameButAnotherKey_IsNotTrusted()
    {
        using var impostor = new TestAuthority();
        await using var server = await StartSecureAsync(impostor.Issue(), Raw("v"));

        await AssertRefusedAsync(server, Untrusted, ("GOT_CACERT", _root.Path));
        // Both have the same name, like a CA after a change of its key.
        await AssertTrustedAsync(server, ("GOT_CACERT", await BundleAsync(_root, impostor)));
    }

    [Fact]
    public async Task Get_IssuerNameEncodedDifferently_IsTrusted()
    {
        var name = new X500DistinguishedNameBuilder();
        name.Add("2.5.4.3", "TEST  ca", System.Formats.Asn1.UniversalTagNumber.UTF8String);
        await using var server = await StartSecureAsync(_root.Issue(issuer: name.Build()), Raw("v"));

        await AssertTrustedAsync(server, ("GOT_CACERT", _root.Path));
    }

    [Fact]
    public async Task Get_CertificateForClients_IsRefused()
    {
        await using var server = await StartSecureAsync(_root.Issue(purpose: "1.3.6.1.5.5.7.3.2"), Raw("v"));

        await AssertRefusedAsync(server, "is not valid for servers", ("GOT_CACERT", _root.Path));
    }

    [Fact]
    public async Task Get_CaExpired_IsNamedUnlessReplaced()
    {
        using var expired = _root.Again(from: -30, to: -2);
        var bundle = _folder.File("old.pem");
        await File.WriteAllTextAsync(bundle, expired.ExportCertificatePem());
        await using var server = await StartSecureAsync(_root.Issue(), Raw("v"));

        await AssertRefusedAsync(
            server, "the CA's (`CN=Test CA`) certificate has expired (on 20", ("GOT_CACERT", bundle));
        await AssertTrustedAsync(
            server, ("SSL_CERT_FILE", bundle), ("SSL_CERT_DIR", Path.GetDirectoryName(_root.Path)!));
    }

    [FactWith("mkfifo")]
    public async Task Get_CaFileIsAPipe_IsReadOnce()
    {
        var pipe = await _folder.PipeAsync("pipe");
        await using var server = await StartSecureAsync(_root.Issue(), Hangup, Raw("v"));

        // Opening a pipe blocks until there is a reader.
        var written = Task.Run(() => File.WriteAllText(pipe, _root.Certificate.ExportCertificatePem()));
        await AssertTrustedAsync(server, ("GOT_CACERT", pipe));
        await written;
    }

    [Fact]
    public async Task Get_SystemCa_IsFoundAmongOthers()
    {
        using var other = new TestAuthority("Another CA");
        var bundle = await BundleAsync(other, _root);
        await File.WriteAllTextAsync(bundle, "# Some text\n" + await File.ReadAllTextAsync(bundle));
        await using var server = await StartSecureAsync(_root.Issue(), Raw("v"));

        await AssertTrustedAsync(server, ("SSL_CERT_FILE", bundle), ("SSL_CERT_DIR", "/nonexistent"));
        await AssertRefusedAsync(
            server,
            $"{Untrusted} (the system's CAs, SSL_CERT_FILE {other.Path})",
            ("SSL_CERT_FILE", other.Path),
            ("SSL_CERT_DIR", "/nonexistent"));
    }

    [Fact]
    public async Task Get_CaInASystemFolder_IsFound()
    {
        File.Copy(_root.Path, _folder.File("any-name.pem"));
        using var other = new TestAuthority("Another CA");
        await using var server = await StartSecureAsync(_root.Issue(), Raw("v"));

        await AssertTrustedAsync(
            server, ("SSL_CERT_FILE", other.Path), ("SSL_CERT_DIR", $"/nonexistent:{_folder.Path}"));
        await AssertRefusedAsync(server, Untrusted, ("GOT_CACERT", other.Path), ("SSL_CERT_DIR", _folder.Path));
    }

    [Fact]
    public async Task Get_Reconnected_IsTrustedAgain()
    {
        await using var server = await StartSecureAsync(_between.Issue(), Hangup, Hangup, Raw("v"));
        server.Between.Add(_between.Certificate);

        await AssertTrustedAsync(server, ("GOT_CACERT", _root.Path));
        Assert.Equal(3, server.Requests.Count);
    }

    public void Dispose()
    {
        _root.Dispose();
        _between.Dispose();
        _folder.Dispose();
    }

    private static async Task AssertTrustedAsync(ScriptedServer server, params (string Name, string Value)[] variables)
    {
        var run = await RunAsync(server, variables);
        Assert.Equal((0, "v\n"), (run.ExitCode, run.Text));
    }

    private static async Task AssertRefusedAsync(
        ScriptedServer server, string words, params (string Name, string Value)[] variables)
    {
        var before = server.Requests.Count;
        var run = await RunAsync(server, variables, TimeProvider.System);
        Assert.Equal((1, ""), (run.ExitCode, run.Text));
        Assert.Contains(words, run.Errors, StringComparison.Ordinal);
        Assert.Equal(before, server.Requests.Count);
    }

    private static Task<CliRun> RunAsync(
        ScriptedServer server, (string Name, string Value)[] more, TimeProvider? time = null)
    {
        var variables = CliRun.VariablesFor(server.Url);
        foreach (var (name, value) in more)
            variables[name] = value;
        // The platform reads SSL_CERT_FILE and SSL_CERT_DIR from the environment of the process.
        return variables.Keys.Any(name => name.StartsWith("SSL_", StringComparison.Ordinal))
            ? CliProcess.RunAsync(["get", "k"], variables)
            : CliRun.RunAsync(["get", "k"], variables, time: time);
    }

    private async Task<string> BundleAsync(params TestAuthority[] authorities)
    {
        var path = _folder.File("bundle.pem");
        await File.WriteAllLinesAsync(
            path, authorities.Select(authority => authority.Certificate.ExportCertificatePem()));
        return path;
    }
}
