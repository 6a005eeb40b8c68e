using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Goterra.Api.Configuration;
using Goterra.Api.Hosting;
using Goterra.Api.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Api.Hosting;

/// <summary>The server's own TLS, with certificates that it made itself.</summary>
[Trait("Category", "Api")]
public sealed class TlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TrialCertificates _certificates;

    public TlsTests()
    {
        _certificates = new TrialCertificates(_folder.File("tls"), TimeProvider.System);
        _certificates.Create(["localhost", "127.0.0.1"]);
    }

    private TlsOptions Options => new(_certificates.CertificatePath, _certificates.KeyPath, ClientCa: null);

    private Dictionary<string, string?> Settings => new()
    {
        ["GOT_WEB_TLS_CERTIFICATE"] = _certificates.CertificatePath,
        ["GOT_WEB_TLS_KEY"] = _certificates.KeyPath,
    };

    [Fact]
    public async Task Health_OverTls_AcceptsTheConfiguredCertificateOnly()
    {
        await using var server = await RunningServer.StartAsync(Settings);
        var environment = new Dictionary<string, string?>(Settings) { ["GOT_WEB_PORT"] = $"{server.Address.Port}" };
        using var output = new StringWriter();

        var code = await HealthCommand.RunAsync(ServerArguments.Parse([]), environment, output);
        Assert.True(code == 0, output.ToString());

        var others = new TrialCertificates(_folder.File("others"), TimeProvider.System);
        others.Create(["localhost"]);
        environment["GOT_WEB_TLS_CERTIFICATE"] = others.CertificatePath;
        environment["GOT_WEB_TLS_KEY"] = others.KeyPath;
        Assert.Equal(1, await HealthCommand.RunAsync(ServerArguments.Parse([]), environment, output));
    }

    [Fact]
    public async Task Request_PlainHttp_Is400ThatNamesHttps()
    {
        await using var server = await RunningServer.StartAsync(Settings);
        using var client = new HttpClient();

        var reply = await Reply.OfAsync(
            await client.GetAsync(new Uri($"http://localhost:{server.Address.Port}/store")));

        Assert.Equal(400, reply.Status);
        Assert.Contains("https://", reply.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_WithTheCaOfTheTrial_CreatesPutsAndGets()
    {
        await using var server = await RunningServer.StartAsync(Settings);
        var url = $"https://localhost:{server.Address.Port}";
        var trusting = new Dictionary<string, string>
        {
            ["GOT_URL"] = url,
            ["GOT_CACERT"] = _certificates.AuthorityPath,
        };

        var created = await CliRun.RunAsync(["create"], trusting, time: TimeProvider.System);
        var lines = created.Text.Split('\n').Where(line => line.Length > 0)
            .Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        trusting["GOT_DEPLOYMENT"] = lines["id"];
        trusting["GOT_TOKEN"] = lines["token"];
        var put = await CliRun.RunAsync(["put", "k", "v"], trusting, time: TimeProvider.System);
        var got = await CliRun.RunAsync(["get", "k"], trusting, time: TimeProvider.System);

        Assert.Equal((0, ""), (created.ExitCode, created.Errors));
        Assert.Equal(url, lines["url"]);
        Assert.Equal(0, put.ExitCode);
        Assert.Equal((0, "v\n"), (got.ExitCode, got.Text));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Server_EachVersion_IsNegotiatedByAlpn(string version)
    {
        await using var server = await RunningServer.StartAsync(Settings);
        using var client = Client(server);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/store")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var response = await client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, version), (response.StatusCode, response.Version.ToString(2)));
    }

    [Fact]
    public async Task Server_CertificateRenewed_IsPresentedToNewConnections()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var server = await RunningServer.StartAsync(Settings, time: time);
        var before = await SerialOfAsync(server);

        _certificates.Create(["localhost", "127.0.0.1"]);
        var renewed = X509CertificateLoader.LoadCertificateFromFile(_certificates.CertificatePath).SerialNumber;

        Assert.NotEqual(before, renewed);
        await Eventually.Async(async () =>
        {
            time.Advance(CertificateWatch.Interval);
            return await SerialOfAsync(server) == renewed;
        });
    }

    [Fact]
    public async Task Server_CertificateReplacedByABrokenPair_KeepsTheOldOneAndSaysSoOnce()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var logger = new RecordingLogger<CertificateWatch>();
        var certificate = ServerCertificate.Load(Options);
        var before = certificate.ForClients;
        using var watch = new CertificateWatch(certificate, time, logger);
        await watch.StartAsync(CancellationToken.None);

        await File.WriteAllTextAsync(_certificates.KeyPath, "no key");
        await Eventually.Async(() =>
        {
            time.Advance(CertificateWatch.Interval);
            return logger.Lines.Count > 0;
        });
        for (var i = 0; i < 5; i++)
            time.Advance(CertificateWatch.Interval);
        await watch.StopAsync(CancellationToken.None);

        var (level, text) = Assert.Single(logger.Lines);
        Assert.Equal(LogLevel.Error, level);
        Assert.Contains("the previous one stays in use", text, StringComparison.Ordinal);
        Assert.Contains("web.tls.key (GOT_WEB_TLS_KEY): ", text, StringComparison.Ordinal);
        Assert.Same(before, certificate.ForClients);
    }

    [Fact]
    public async Task Watch_CertificateAboutToExpire_WarnsOnceADay()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(360));
        var logger = new RecordingLogger<CertificateWatch>();
        using var watch = new CertificateWatch(ServerCertificate.Load(Options), time, logger);
        await watch.StartAsync(CancellationToken.None);

        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromHours(6));
            return logger.Lines.Any(line => line.Level == LogLevel.Error);
        });
        await watch.StopAsync(CancellationToken.None);

        Assert.InRange(logger.Lines.Count(line => line.Level == LogLevel.Warning), 1, 6);
        Assert.Contains("clients refuse to connect", logger.Lines[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "web.tls.certificate (GOT_WEB_TLS_CERTIFICATE): ")]
    [InlineData(null, "web.tls.certificate (GOT_WEB_TLS_CERTIFICATE): ")]
    public void Load_CertificateThatIsNone_IsRefusedWithItsName(string? content, string says)
    {
        File.Delete(_certificates.CertificatePath);
        if (content is not null)
            File.WriteAllText(_certificates.CertificatePath, content);

        var e = Assert.Throws<InvalidConfigurationException>(() => ServerCertificate.Load(Options));

        Assert.StartsWith(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileThatIsNoRegularOne_IsRefusedWithItsName()
    {
        var e = Assert.Throws<InvalidConfigurationException>(
            () => ServerCertificate.Load(Options with { ClientCa = "/dev/zero" }));

        Assert.Equal("web.tls.client_ca (GOT_WEB_TLS_CLIENT_CA): /dev/zero is not a regular file.", e.Message);
    }

    [Fact]
    public void Load_KeyOfAnotherCertificate_IsRefused()
    {
        var other = new TrialCertificates(_folder.File("other"), TimeProvider.System);
        other.Create(["localhost"]);
        File.Copy(other.KeyPath, _certificates.KeyPath, overwrite: true);

        var e = Assert.Throws<InvalidConfigurationException>(() => ServerCertificate.Load(Options));

        Assert.StartsWith("web.tls.key (GOT_WEB_TLS_KEY): ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MakeCertificate_Names_WritesPrivateFilesAndPrintsTheLines()
    {
        var output = new StringWriter();

        var code = await CertificateCreation.RunAsync(
            ["--out", _folder.File("made"), "store.example.org"], output, TextWriter.Null);

        Assert.Equal(0, code);
        Assert.Contains(
            $"GOT_CACERT={_folder.File("made")}/goterra-ca.pem", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("GOT_PUBLIC_URL=https://store.example.org:8000", output.ToString(), StringComparison.Ordinal);
        Assert.All(
            Directory.GetFiles(_folder.File("made"), "*.key"),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(file)));
        using var made = X509CertificateLoader.LoadCertificateFromFile(_folder.File("made") + "/goterra-server.pem");
        Assert.True(made.MatchesHostname("store.example.org") && made.MatchesHostname("localhost"));
    }

    [Theory]
    [InlineData("not a name")]
    [InlineData("--days")]
    public async Task MakeCertificate_WrongArgument_IsAUsageError(string argument)
    {
        var errors = new StringWriter();

        var code = await CertificateCreation.RunAsync([argument], TextWriter.Null, errors);

        Assert.Equal(2, code);
        Assert.Contains("usage: goterra-store make-certificate", errors.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static UnixFileMode ModeOf(string file) =>
        OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file);

    private HttpClient Client(RunningServer server)
    {
        var authority = X509CertificateLoader.LoadCertificateFromFile(_certificates.AuthorityPath);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://localhost:{server.Address.Port}") };
    }

    private static async Task<string> SerialOfAsync(RunningServer server)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        var serial = "";
        await using var secure = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false);
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.None,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                serial = (certificate as X509Certificate2)?.SerialNumber ?? "";
                return serial.Length > 0;
            },
        });
        return serial;
    }
}
