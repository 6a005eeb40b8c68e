using Goterra.Core.Access;
using Goterra.Core.Model;
using Goterra.Core.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api;

[Trait("Category", "Api")]
public sealed class CredentialsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    /// <summary>Every route that a deployment's credential opens.</summary>
    public static TheoryData<string, string> Routes => new()
    {
        { "GET", "" }, { "PUT", "" }, { "DELETE", "" }, { "HEAD", "" },
        { "GET", "/k" }, { "PUT", "/k" }, { "DELETE", "/k" }, { "HEAD", "/k" },
        { "GET", "/k?wait=1" }, { "GET", "/" }, { "GET", "?filter=a" },
    };

    [Theory, MemberData(nameof(Routes))]
    public async Task AnyRoute_NoCredential_Is401(string method, string path)
    {
        var deployment = await fixture.Server.CreateAsync();

        var reply = await SendAsync(method, deployment.Id, path);

        Assert.Equal(401, reply.Status);
        Assert.Equal("Bearer", reply.Message.Headers.WwwAuthenticate.Single().Scheme);
        if (method != "HEAD")
            AssertProblem(reply, "Authorization: Bearer");
    }

    [Theory, MemberData(nameof(Routes))]
    public async Task AnyRoute_AnotherDeploymentsToken_Is403WhetherThatOneExistsOrNot(string method, string path)
    {
        var mine = await fixture.Server.CreateAsync();
        var other = await fixture.Server.CreateAsync();

        var foreign = await SendAsync(method, other.Id, path, ("Authorization", "Bearer " + mine.Token));
        var unknown = await SendAsync(
            method, DeploymentId.New().ToString(), path, ("Authorization", "Bearer " + mine.Token));
        var nonsense = await SendAsync(method, "no-id", path, ("Authorization", "Bearer " + mine.Token));

        Assert.Equal((403, 403, 403), (foreign.Status, unknown.Status, nonsense.Status));
        Assert.Equal(foreign.Text, unknown.Text);
        Assert.Equal(foreign.Text, nonsense.Text);
        Assert.Equal(200, (await other.GetAsync("")).Status);
    }

    [Theory, MemberData(nameof(Routes))]
    public async Task AnyRoute_TokenOfADeletedDeployment_Is410(string method, string path)
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.DeleteAsync();

        Assert.Equal(
            410,
            (await SendAsync(method, deployment.Id, path, ("Authorization", "Bearer " + deployment.Token))).Status);
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("Bearer {0}")]
    [InlineData("bearer {0}")]
    [InlineData("  Bearer    {0}  ")]
    [InlineData("Bearer\t{0}")]
    [InlineData("Bearer Bearer {0}")]
    [InlineData("Bearer{0}")]
    public async Task Authorization_AsOldClientsWriteIt_IsTaken(string format)
    {
        var deployment = await fixture.Server.CreateAsync();
        var header = string.Format(System.Globalization.CultureInfo.InvariantCulture, format, deployment.Token);

        Assert.Equal(200, (await SendAsync("GET", deployment.Id, "", ("Authorization", header))).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer a b")]
    [InlineData("Bearer not.a.token")]
    public async Task Authorization_Nonsense_Is401EvenBesideAnApiKey(string header)
    {
        var deployment = await fixture.Server.CreateAsync();

        var reply = await SendAsync("GET", deployment.Id, "", ("Authorization", header), ("X-API-Key", "some key"));

        Assert.Equal(401, reply.Status);
    }

    [Fact]
    public async Task ApiKey_Alone_Is403AndSaysWhatWouldOpen()
    {
        var deployment = await fixture.Server.CreateAsync();

        AssertProblem(
            await SendAsync("GET", deployment.Id, "", ("X-API-Key", "some key")), "Authorization: Bearer", 403);
    }

    [Fact]
    public async Task Token_Expired_Is401AndSaysSo()
    {
        var deployment = await fixture.Server.CreateAsync();
        var expired = fixture.Server.Services.GetRequiredService<IDeploymentTokens>()
            .Issue(
                new TokenGrant(
                    DeploymentId.Parse(deployment.Id), "anonymous", new EpochProof("e"), Scope.Full,
                    TimeProvider.System.GetUtcNow().AddSeconds(-1)));

        AssertProblem(
            await SendAsync("GET", deployment.Id, "", ("Authorization", "Bearer " + expired)), "expired", 401);
    }

    [Fact]
    public async Task Token_OfAnotherEpoch_Is401AndSaysSo()
    {
        var deployment = await fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "CANARY");
        var revoked = fixture.Server.Services.GetRequiredService<IDeploymentTokens>()
            .Issue(
                new TokenGrant(
                    DeploymentId.Parse(deployment.Id), "anonymous", new EpochProof("an epoch that is over"),
                    Scope.Full, TimeProvider.System.GetUtcNow().AddHours(1)));

        (string, string)[] requests =
        [
            ("GET", ""), ("GET", "/k"), ("GET", "/k?wait=10"), ("PUT", "/k"), ("DELETE", "/k"), ("DELETE", ""),
            ("GET", "/"),
        ];
        foreach (var (method, path) in requests)
        {
            var reply = await SendAsync(method, deployment.Id, path, ("Authorization", "Bearer " + revoked));
            AssertProblem(reply, "revoked", 401);
            Assert.DoesNotContain("CANARY", reply.Text, StringComparison.Ordinal);
        }

        Assert.Equal("CANARY", (await deployment.GetAsync("k?raw")).Text);
    }

    [Fact]
    public async Task Create_NobodyMay_Is403AndSaysWhatToConfigure()
    {
        await using var server = await RunningServer.StartAsync(
            new Dictionary<string, string?> { ["GOT_FEAT_ANONYMOUS"] = "" });

        var reply = await Reply.OfAsync(await server.Client.PostAsync("/store", null));

        AssertProblem(reply, "GOT_FEAT_ANONYMOUS=1", 403);
    }

    [Fact]
    public async Task Create_InANamespace_Is403ForAnonymous()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/store");
        request.Headers.Add("X-API-NS", "team");

        AssertProblem(await Reply.OfAsync(await fixture.Server.Client.SendAsync(request)), "X-API-NS", 403);
    }

    private static void AssertProblem(Reply reply, string says, int status = 401)
    {
        Assert.Equal(status, reply.Status);
        Assert.Equal("application/problem+json", reply.Type);
        Assert.Contains(says, reply.Detail, StringComparison.Ordinal);
        Assert.Equal(reply.Detail, reply.Json.GetProperty("message").GetString());
        Assert.Equal(status, reply.Json.GetProperty("status").GetInt32());
    }

    private async Task<Reply> SendAsync(
        string method, string id, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/store/{id}{path}");
        if (method == "PUT")
            request.Content = new StringContent("""{"key":"k","value":"x"}""");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Reply.OfAsync(await fixture.Server.Client.SendAsync(request));
    }
}
