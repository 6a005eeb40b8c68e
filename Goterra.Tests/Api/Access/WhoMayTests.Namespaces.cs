namespace Goterra.Tests.Api.Access;

/// <summary>Tokens, revocation and lists of a namespace.</summary>
public sealed partial class WhoMayTests
{
    [Theory]
    [InlineData("olga", 200)]
    [InlineData("root", 200)]
    [InlineData("carol", 403)]
    [InlineData("dave", 403)]
    [InlineData("nobody", 403)]
    public async Task Namespace_ByEachUser_IsForItsOwners(string user, int status)
    {
        var key = Installation.KeyOf(user);

        Assert.Equal(status, (await Server.AsAsync(key, HttpMethod.Get, "/store/-/namespaces/team")).Status);
        Assert.Equal(status, (await Server.AsAsync(key, HttpMethod.Post, "/store/-/namespaces/team/token")).Status);
        Assert.Equal(status, (await Server.AsAsync(key, HttpMethod.Post, "/store/-/namespaces/team/revoke")).Status);
        if (status == 403)
            Assert.Equal(403, (await Server.AsAsync(key, HttpMethod.Get, "/store/-/namespaces/none-such")).Status);
    }

    [Fact]
    public async Task NamespaceToken_AnotherDeploymentIsMadeLater_OpensThatToo()
    {
        var token = await NamespaceTokenAsync("team");

        var later = await CreateAsync("carol", "team");

        Assert.Equal(200, (await Server.Open(later.Id, token).PutAsync("k", "v")).Status);
        Assert.Equal(403, (await Server.Open((await CreateAsync("carol", null)).Id, token).GetAsync("")).Status);
        Assert.Equal(
            401, (await SendAsync("GET", "/store/-/deployments", null, ("Authorization", "Bearer " + token))).Status);
    }

    [Fact]
    public async Task NamespaceRevoke_ItsTokensAndWhatWasMadeOfThem_AreWorthlessAndOthersAreNot()
    {
        var deployment = await CreateAsync("erin", "revoked");
        await deployment.PutAsync("k", "v");
        var ofNamespace = Server.Open(deployment.Id, await NamespaceTokenAsync("revoked", "erin"));
        var derived = Server.Open(
            deployment.Id, (await ofNamespace.PostAsync("token")).Json.GetProperty("token").GetString()!);
        Task<Reply>[] waits = [ofNamespace.GetAsync("absent?wait=10m"), derived.GetAsync("absent?wait=10m")];
        var kept = deployment.GetAsync("absent?wait=10m");
        await Server.WaitersAsync(3);

        var revoked = await Server.AsAsync(
            Installation.KeyOf("erin"), HttpMethod.Post, "/store/-/namespaces/revoked/revoke");

        Assert.All(await Task.WhenAll(waits), wait => Assert.Equal(401, wait.Status));
        Assert.Equal(401, (await ofNamespace.GetAsync("k")).Status);
        Assert.Equal(401, (await derived.GetAsync("k")).Status);
        Assert.Equal(401, (await derived.PutAsync("k", "x")).Status);
        var fresh = Server.Open(deployment.Id, revoked.Json.GetProperty("token").GetString()!);
        Assert.Equal("v", (await fresh.GetAsync("k?raw")).Text);
        Assert.Equal(200, (await deployment.PutAsync("absent", "x")).Status);
        Assert.Equal(200, (await kept).Status);
    }

    [Fact]
    public async Task DeploymentRevoke_TokensOfItsNamespace_AreNotConcerned()
    {
        var deployment = await CreateAsync("carol", "team");
        var ofNamespace = Server.Open(deployment.Id, await NamespaceTokenAsync("team"));
        var derived = Server.Open(
            deployment.Id, (await ofNamespace.PostAsync("token")).Json.GetProperty("token").GetString()!);

        await deployment.PostAsync("revoke");

        Assert.Equal(200, (await ofNamespace.GetAsync("")).Status);
        Assert.Equal(401, (await derived.GetAsync("")).Status);
    }

    [Fact]
    public async Task DeploymentsOfANamespace_Owner_SeesThoseOfAllItsMembers()
    {
        var deployment = await CreateAsync("erin", "shown");
        await deployment.PutAsync("k", "v");

        var page = (await Server.AsAsync(Installation.KeyOf("olga"), HttpMethod.Get, "/store/-/namespaces/shown")).Json;

        var shown = Assert.Single(page.GetProperty("deployments").EnumerateArray());
        Assert.Equal(
            (deployment.Id, "shown", "active", 1),
            (shown.GetProperty("id").GetString(), shown.GetProperty("namespace").GetString(),
                shown.GetProperty("state").GetString(), shown.GetProperty("keys").GetInt32()));
    }

    private async Task<string> NamespaceTokenAsync(string ns, string owner = "olga") =>
        await TokenOf(
            await Server.AsAsync(Installation.KeyOf(owner), HttpMethod.Post, $"/store/-/namespaces/{ns}/token"));
}
