using System.Security.Cryptography;
using System.Text;
using Goterra.Core.Model;

namespace Goterra.Tests.Api.Access;

/// <summary>Each row of "who may": allowed and refused, for each kind of credential, through HTTP.</summary>
[Trait("Category", "Api")]
public sealed partial class WhoMayTests(WhoMayTests.Installation installation) : IClassFixture<WhoMayTests.Installation>
{
    private RunningServer Server => installation.Server;

    /// <summary>
    /// Everything that can be done with a deployment: method, path behind its id, whether a narrowed token for k may.
    /// </summary>
    private static readonly (string Method, string Path, string? Body, bool Narrowed)[] Actions =
    [
        ("GET", "", null, true),
        ("GET", "?filter=k", null, true),
        ("PUT", "", """{"key":"k","value":"v"}""", true),
        ("PUT", "/k", "v", true),
        ("GET", "/k", null, true),
        ("GET", "/k?wait=1", null, true),
        ("HEAD", "/k", null, true),
        ("POST", "/fail", """{"reason":"r"}""", true),
        ("POST", "/resume", null, false),
        ("POST", "/token", """{"read":["k"]}""", false),
        ("POST", "/tickets", """{"full":true}""", false),
        ("DELETE", "/k", null, true),
        ("POST", "/token", null, true),
        ("POST", "/revoke", null, false),
        ("DELETE", "", null, false),
    ];

    [Theory]
    [InlineData("token", "all")]
    [InlineData("renewed token", "all")]
    [InlineData("ticket's token", "all")]
    [InlineData("narrowed token", "narrowed")]
    [InlineData("namespace token", "all")]
    [InlineData("creator's key", "all")]
    [InlineData("owner's key", "all")]
    [InlineData("admin's key", "all")]
    [InlineData("member's key", "none")]
    [InlineData("stranger's key", "none")]
    [InlineData("unknown key", "none")]
    [InlineData("other deployment's token", "none")]
    [InlineData("other namespace's token", "none")]
    [InlineData("nothing", "none")]
    public async Task EachAction_ByEachCredential_IsAllowedOrRefused(string who, string may)
    {
        foreach (var (method, path, body, narrowed) in Actions)
        {
            var deployment = await CreateAsync("carol", "team");
            await deployment.PutAsync("k", "v");
            var credential = await CredentialAsync(who, deployment);

            var reply = await SendAsync(method, $"/store/{deployment.Id}{path}", body, credential);

            var allowed = may == "all" || (may == "narrowed" && narrowed);
            var expected = allowed ? 200 : who == "nothing" ? 401 : 403;
            Assert.True(expected == reply.Status, $"{who}: {method} {path}: {reply.Status} {reply.Text}");
            if (!allowed)
                Assert.True((await deployment.GetAsync("k?raw")).Text == "v", $"{method} {path} has changed something");
        }
    }

    [Theory]
    [InlineData("creator's key", 410)]
    [InlineData("owner's key", 410)]
    [InlineData("admin's key", 410)]
    [InlineData("token", 410)]
    [InlineData("namespace token", 410)]
    [InlineData("member's key", 403)]
    [InlineData("stranger's key", 403)]
    [InlineData("unknown key", 403)]
    [InlineData("other namespace's token", 403)]
    public async Task DeletedDeployment_ByEachCredential_IsGoneForThoseWhoMightHaveReadIt(string who, int status)
    {
        var deployment = await CreateAsync("carol", "team");
        var credential = await CredentialAsync(who, deployment);
        await deployment.DeleteAsync();

        foreach (var (method, path, body, _) in Actions)
            Assert.Equal(status, (await SendAsync(method, $"/store/{deployment.Id}{path}", body, credential)).Status);
    }

    [Theory]
    [InlineData("creator's key", 403)]
    [InlineData("owner's key", 403)]
    [InlineData("stranger's key", 403)]
    [InlineData("admin's key", 404)]
    [InlineData("namespace token", 403)]
    public async Task UnknownDeployment_ByEachCredential_IsNotTold(string who, int status)
    {
        var credential = await CredentialAsync(who, await CreateAsync("carol", "team"));
        var foreign = await CreateAsync("mike", null);

        var unknown = await SendAsync("GET", $"/store/{DeploymentId.New()}", null, credential);

        Assert.Equal(status, unknown.Status);
        if (status == 403)
            Assert.Equal(
                (unknown.Status, unknown.Text),
                await SendAsync(
                    "GET", $"/store/{foreign.Id}", null, credential) is var reply ? (reply.Status,
                    reply.Text) : default);
    }

    [Theory]
    [InlineData("carol", null, 200)]
    [InlineData("carol", "team", 200)]
    [InlineData("olga", "team", 200)]
    [InlineData("root", "team", 200)]
    [InlineData("dave", "team", 403)]
    [InlineData("carol", "other", 403)]
    [InlineData("carol", "no name!", 400)]
    [InlineData(null, null, 401)]
    [InlineData("nobody", null, 403)]
    public async Task Create_ByEachUser_IsAllowedOrRefused(string? user, string? ns, int status)
    {
        var reply = user is null
            ? await Reply.OfAsync(await Server.Client.PostAsync("/store", null))
            : await Server.CreateAsAsync(Installation.KeyOf(user), ns);

        Assert.Equal(status, reply.Status);
    }

    [Fact]
    public async Task Deployments_ManyOfThem_ArePagedTheLatestFirst()
    {
        var made = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            made.Add((await CreateAsync("frank", null)).Id);
            await NextMillisecondAsync();
        }

        await Server.Open(made[3], (await TokenByKeyAsync("frank", made[3]))).DeleteAsync();
        made.RemoveAt(3);

        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = (await Server.AsAsync(
                Installation.KeyOf("frank"), HttpMethod.Get,
                $"/store/-/deployments?limit=2{(next is null ? "" : "&after=" + next)}")).Json;
            seen.AddRange(
                page.GetProperty("deployments").EnumerateArray().Select(
                    deployment => deployment.GetProperty("id").GetString()!));
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);

        Assert.Equal(made.AsEnumerable().Reverse(), seen);
        Assert.Equal(
            400,
            (await Server.AsAsync(Installation.KeyOf("frank"), HttpMethod.Get, "/store/-/deployments?limit=0")).Status);
        Assert.Equal(
            400,
            (await Server.AsAsync(Installation.KeyOf("frank"), HttpMethod.Get, "/store/-/deployments?after=x")).Status);
        Assert.Empty(
            (await Server.AsAsync(
                Installation.KeyOf("dave2"), HttpMethod.Get,
                "/store/-/deployments")).Json.GetProperty("deployments").EnumerateArray());
    }

    // Of two deployments that were created in the same millisecond, either may be listed first.
    private static Task NextMillisecondAsync()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return Eventually.Async(() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() > now);
    }

    private static async Task<string> TokenOf(Reply reply)
    {
        Assert.True(reply.Status == 200, reply.Text);
        return await Task.FromResult(reply.Json.GetProperty("token").GetString()!);
    }

    private async Task<string> TokenByKeyAsync(string user, string id) =>
        await TokenOf(await Server.AsAsync(Installation.KeyOf(user), HttpMethod.Post, $"/store/{id}/token"));

    private async Task<TestDeployment> CreateAsync(string user, string? ns)
    {
        var created = await Server.CreateAsAsync(Installation.KeyOf(user), ns);
        return Server.Open(created.Json.GetProperty("id").GetString()!, await TokenOf(created));
    }

    private async Task<(
        string Name, string Value)?> CredentialAsync(string who, TestDeployment deployment) => who switch
        {
            "nothing" => null,
            "token" => Bearer(deployment.Token),
            "renewed token" => Bearer(await TokenOf(await deployment.PostAsync("token"))),
            "narrowed token" => Bearer(
                await TokenOf(await deployment.PostAsync("token", """{"read":["k*"],"write":["k"]}"""))),
            "ticket's token" => Bearer(await TokenOf(await TicketsTests.RedeemAsync(
                Server, await TicketsTests.TicketAsync(deployment, """{"full":true}"""), TicketsTests.NewMachine()))),
            "namespace token" => Bearer(await NamespaceTokenAsync("team")),
            "other namespace's token" => Bearer(await NamespaceTokenAsync("shown")),
            "other deployment's token" => Bearer((await CreateAsync("dave", null)).Token),
            "creator's key" => ("X-API-Key", Installation.KeyOf("carol")),
            "owner's key" => ("X-API-Key", Installation.KeyOf("olga")),
            "member's key" => ("X-API-Key", Installation.KeyOf("mike")),
            "admin's key" => ("X-API-Key", Installation.KeyOf("root")),
            "stranger's key" => ("X-API-Key", Installation.KeyOf("dave")),
            "unknown key" => ("X-API-Key", "nobody has this one"),
            _ => throw new ArgumentException(who, nameof(who)),
        };

    private static (string, string)? Bearer(string token) => ("Authorization", "Bearer " + token);

    private async Task<Reply> SendAsync(
        string method, string path, string? body, (string Name, string Value)? credential)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
            request.Content = new StringContent(body);
        if (credential is { } given)
            request.Headers.TryAddWithoutValidation(given.Name, given.Value);
        return await Reply.OfAsync(await Server.Client.SendAsync(request));
    }

    /// <summary>A server with users of the configuration.</summary>
    public sealed class Installation : IAsyncLifetime
    {
        public RunningServer Server { get; private set; } = null!;

        public static string KeyOf(string user) => $"the-api-key-of-{user}";

        public async Task InitializeAsync() => Server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_FEAT_ANONYMOUS"] = "", ["GOT_LIMITS_FAILED_ATTEMPTS"] = "10000" },
            yaml: "users:\n" + User("carol", "{ team: member }") + User("mike", "{ team: member }") + User(
                "olga", "{ team: owner, shown: owner }")
                + User("erin", "{ revoked: owner, shown: member }") + User("root", "{}", admin: true) + User(
                    "dave", "{ unrelated: owner }") + User("dave2", "{}") + User("frank", "{}"));

        public async Task DisposeAsync() => await Server.DisposeAsync();

        private static string User(string uid, string namespaces, bool admin = false)
        {
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(KeyOf(uid))));
            return $"  - uid: {uid}\n    key_sha256: {hash}\n    admin: {(admin ? "true" : "false")}\n"
                + (namespaces == "{}" ? "" : $"    namespaces: {namespaces}\n");
        }
    }
}
