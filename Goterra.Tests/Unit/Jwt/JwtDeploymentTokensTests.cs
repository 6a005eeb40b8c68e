using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Goterra.Infrastructure.Encryption;
using Goterra.Infrastructure.Jwt;
using Microsoft.Extensions.Time.Testing;

namespace Goterra.Tests.Unit.Jwt;

[Trait("Category", "Unit")]
public sealed class JwtDeploymentTokensTests : IDisposable
{
    private const string Secret = "the secret of these tests, longer than 32 bytes";
    private const string Other = "another secret of these tests, also longer than that";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly JwtDeploymentTokens _tokens;
    private readonly TokenGrant _grant;

    public JwtDeploymentTokensTests()
    {
        _tokens = new JwtDeploymentTokens(new SecretRing(Secret, []), _time);
        _grant = new TokenGrant(
            DeploymentId.New(), "alice", new EpochProof("epoch-1"), Scope.Full, _time.GetUtcNow().AddHours(24));
    }

    private TokenGrant Narrow => _grant with
    {
        Scope = new NarrowScope(
            [Pattern("nodes/*"), Pattern("join_token")], [Pattern("nodes/a")], MayFail: false),
        NotAfter = _grant.Expires,
        TokenFamily = "line-1",
    };

    public void Dispose() => _tokens.Dispose();

    [Fact]
    public async Task ReadAsync_Issued_ReturnsGrant()
    {
        Assert.Equal(new TokenReading(TokenStatus.Good, _grant), await _tokens.ReadAsync(_tokens.Issue(_grant)));
        Assert.NotEqual(_tokens.Issue(_grant), _tokens.Issue(_grant));
    }

    [Fact]
    public async Task ReadAsync_AtExpiry_LeavesItToTheStore()
    {
        var token = _tokens.Issue(_grant);
        _time.Advance(TimeSpan.FromHours(48));

        var reading = await _tokens.ReadAsync(token);

        Assert.Equal(_grant.Expires, reading.Grant!.ToCaller().Epoch.Expires);
    }

    [Fact]
    public async Task ReadAsync_PreviousSecret_IsValidOnlyWithVerify()
    {
        var token = _tokens.Issue(_grant);
        using var verifying = new JwtDeploymentTokens(
            new SecretRing(Other, [new PreviousSecret(Secret, Verify: true)]), _time);
        using var reading = new JwtDeploymentTokens(
            new SecretRing(Other, [new PreviousSecret(Secret, Verify: false)]), _time);

        Assert.Equal(TokenStatus.Good, (await verifying.ReadAsync(token)).Status);
        Assert.Equal(TokenStatus.Invalid, (await reading.ReadAsync(token)).Status);
    }

    [Fact]
    public async Task ReadAsync_OneClaimWrong_IsInvalid()
    {
        (string What, Action<JsonObject> Change)[] changes =
        [
            ("another audience", claims => claims["aud"] = "goterra/namespace"),
            ("two audiences", claims => claims["aud"] = new JsonArray("goterra/deployment", "goterra/namespace")),
            ("no audience", claims => claims.Remove("aud")),
            ("no scope", claims => claims.Remove("scope")),
            ("another scope", claims => claims["scope"] = "everything"),
            ("a scope of another type", claims => claims["scope"] = new JsonObject()),
            ("scope true", claims => claims["scope"] = true),
            ("scope null", claims => claims["scope"] = null),
            ("no deployment", claims => claims.Remove("deployment")),
            ("a deployment that is none", claims => claims["deployment"] = "*"),
            ("no epoch", claims => claims.Remove("epoch")),
            ("an empty epoch", claims => claims["epoch"] = ""),
            ("no uid", claims => claims.Remove("uid")),
            ("no exp", claims => claims.Remove("exp")),
            ("an exp that is text", claims => claims["exp"] = "never"),
            ("an exp out of time", claims => claims["exp"] = long.MaxValue),
        ];

        Assert.Equal(TokenStatus.Good, (await _tokens.ReadAsync(Forge(_ => { }))).Status);
        foreach (var (what, change) in changes)
            Assert.True(TokenStatus.Invalid == (await _tokens.ReadAsync(Forge(change))).Status, what);
    }

    [Fact]
    public async Task ReadAsync_NarrowedToken_ReturnsGrant()
    {
        Assert.Equal(new TokenReading(TokenStatus.Good, Narrow), await _tokens.ReadAsync(_tokens.Issue(Narrow)));
        var fromNamespace = _grant with { Epoch = new EpochProof("epoch-1", "7.abc"), NotAfter = _grant.Expires };
        Assert.Equal(
            new TokenReading(TokenStatus.Good, fromNamespace), await _tokens.ReadAsync(_tokens.Issue(fromNamespace)));
    }

    [Fact]
    public async Task ReadAsync_NarrowedTokenOneClaimWrong_IsInvalid()
    {
        (string What, Action<JsonObject> Change)[] changes =
        [
            ("no line", claims => claims.Remove("line")),
            ("no until", claims => claims.Remove("until")),
            ("an until that is text", claims => claims["until"] = "never"),
            ("no read", claims => claims["scope"]!.AsObject().Remove("read")),
            ("no write", claims => claims["scope"]!.AsObject().Remove("write")),
            ("no fail", claims => claims["scope"]!.AsObject().Remove("fail")),
            ("fail as text", claims => claims["scope"]!["fail"] = "true"),
            ("one more member", claims => claims["scope"]!["admin"] = true),
            ("read is text", claims => claims["scope"]!["read"] = "*"),
            ("read holds a number", claims => claims["scope"]!["read"] = new JsonArray(1)),
            ("read holds what is no pattern", claims => claims["scope"]!["read"] = new JsonArray("a*b")),
            ("nothing at all",
                claims => (claims["scope"]!["read"], claims["scope"]!["write"]) = (new JsonArray(), new JsonArray())),
            ("too many patterns", claims => claims["scope"]!["read"] = new JsonArray(
                [.. Enumerable.Range(0, 33).Select(i => (JsonNode)$"k{i}")])),
            ("a scope as text", claims => claims["scope"] = """{"read":["*"],"write":["*"],"fail":true}"""),
            ("an empty namespace epoch", claims => claims["ns_epoch"] = ""),
            ("a namespace epoch that is a number", claims => claims["ns_epoch"] = 7),
        ];

        Assert.Equal(TokenStatus.Good, (await _tokens.ReadAsync(Forge(_ => { }, of: _tokens.Issue(Narrow)))).Status);
        foreach (var (what, change) in changes)
            Assert.True(
                TokenStatus.Invalid == (await _tokens.ReadAsync(Forge(change, of: _tokens.Issue(Narrow)))).Status,
                what);
    }

    [Fact]
    public async Task ReadAsync_NamespaceToken_ReturnsNamespaceGrant()
    {
        var grant = new NamespaceGrant(NamespaceName.Parse("team"), "alice", "7.abc", _grant.Expires);
        var token = _tokens.Issue(grant);
        (string What, Action<JsonObject> Change)[] changes =
        [
            ("the audience of the other kind", claims => claims["aud"] = "goterra/deployment"),
            ("no namespace", claims => claims.Remove("ns")),
            ("a namespace that is none", claims => claims["ns"] = "*"),
            ("narrowed", claims => claims["scope"] = new JsonObject
            {
                ["read"] = new JsonArray("*"),
                ["write"] = new JsonArray(),
                ["fail"] = true,
            }),
            ("no scope", claims => claims.Remove("scope")),
            ("no epoch", claims => claims.Remove("epoch")),
        ];

        Assert.Equal(new TokenReading(TokenStatus.Good, NamespaceGrant: grant), await _tokens.ReadAsync(token));
        foreach (var (what, change) in changes)
            Assert.True(TokenStatus.Invalid == (await _tokens.ReadAsync(Forge(change, of: token))).Status, what);
        Assert.Equal(grant.Expires, grant.ToCaller(DeploymentId.New()).Epoch.Expires);
    }

    [Fact]
    public async Task ReadAsync_WrongSignature_IsInvalid()
    {
        using var foreign = new JwtDeploymentTokens(new SecretRing(Other, []), _time);
        var parts = _tokens.Issue(_grant).Split('.');
        var others = _tokens.Issue(_grant with { Deployment = DeploymentId.New() }).Split('.');

        string[] tokens =
        [
            foreign.Issue(_grant),
            $"{parts[0]}.{others[1]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}",
            $"{Base64("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.",
            Forge(_ => { }, """{"alg":"none","typ":"JWT"}"""),
            Forge(_ => { }, """{"alg":"HS512","typ":"JWT"}"""),
            "",
            "a.b.c",
            "not a token",
            new string('x', 10_000),
        ];
        foreach (var token in tokens)
            Assert.Equal(TokenStatus.Invalid, (await _tokens.ReadAsync(token)).Status);
    }

    /// <summary>A token that is well signed, whatever it says.</summary>
    private string Forge(
        Action<JsonObject> change, string header = """{"alg":"HS256","typ":"JWT"}""", string? of = null)
    {
        var claims = JsonNode.Parse(
            Convert.FromBase64String(Padded((of ?? _tokens.Issue(_grant)).Split('.')[1])))!.AsObject();
        change(claims);
        var content = $"{Base64(header)}.{Base64(claims.ToJsonString())}";
        var signature = HMACSHA256.HashData(SecretKeys.ForTokens(Secret), Encoding.ASCII.GetBytes(content));
        return $"{content}.{Base64(signature)}";
    }

    private static KeyPattern Pattern(string text) =>
        KeyPattern.TryParse(text, out var pattern, out var error) ? pattern : throw new FormatException(error);

    private static string Base64(string text) => Base64(Encoding.UTF8.GetBytes(text));

    private static string Base64(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string Padded(string text) =>
        text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '=');
}
