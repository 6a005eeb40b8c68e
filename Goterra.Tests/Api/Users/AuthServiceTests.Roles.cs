using Goterra.Core.Model;
using Microsoft.Extensions.DependencyInjection;

namespace Goterra.Tests.Api.Users;

/// <summary>Roles in namespaces, which the deploy service knows.</summary>
public sealed partial class AuthServiceTests
{
    [Theory]
    [InlineData("""{"ns":{"owners":["alice"],"members":[]}}""", 200, 200)]
    [InlineData("""{"ns":{"owners":["bob"],"members":["alice"]}}""", 200, 403)]
    [InlineData("""{"ns":{"owners":["bob"],"members":["carol"]}}""", 403, 403)]
    [InlineData("""{"ns":{"owners":"alice","members":"alice"}}""", 403, 403)]
    [InlineData("""{"ns":"alice"}""", 403, 403)]
    [InlineData("""{}""", 403, 403)]
    public async Task RoleAsync_KnownToDeployService_ReturnsOwner(string answer, int create, int token)
    {
        _auth.Users[Key] = new { user = new { uid = "alice" }, token = "platform-token" };
        _auth.Namespaces["team"] = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(answer);
        await using var server = await RunningServer.StartAsync(_auth.Settings());

        Assert.Equal(create, (await server.CreateAsAsync(Key, "team")).Status);
        Assert.Equal(token, (await server.AsAsync(Key, HttpMethod.Post, "/store/-/namespaces/team/token")).Status);
        Assert.Contains("GET /deploy/ns/team Bearer platform-token", _auth.Requests);
        Assert.Equal(403, (await server.CreateAsAsync(Key, "other")).Status);
    }

    [Theory]
    [InlineData("../admin")]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("-a")]
    public async Task RoleAsync_InvalidName_IsNotLookedUp(string name)
    {
        _auth.Users[Key] = new { user = new { uid = "alice" }, token = "platform-token" };
        await using var server = await RunningServer.StartAsync(_auth.Settings());

        Assert.Equal(400, (await server.CreateAsAsync(Key, name)).Status);
        Assert.DoesNotContain(_auth.Requests, request => request.Contains("/deploy/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RoleAsync_NamespacesInResponse_AsksNothingElse()
    {
        _auth.Users[Key] =
            new
            {
                user = new
                {
                    uid = "alice",
                    namespaces = new Dictionary<string, object>
                    {
                        ["mine"] = true,
                        ["theirs"] = false,
                        ["odd"] = "true",
                        ["a/b"] = true,
                    },
                },
                token = "platform-token",
            };
        await using var server = await RunningServer.StartAsync(_auth.Settings());

        var namespaces = (await server.AsAsync(
            Key, HttpMethod.Get, "/store/-/namespaces")).Json.GetProperty("namespaces");

        Assert.Equal(
            ["mine owner", "theirs member"],
            namespaces.EnumerateArray().Select(
                ns => $"{ns.GetProperty("name").GetString()} {ns.GetProperty("role").GetString()}"));
        Assert.Equal(200, (await server.CreateAsAsync(Key, "mine")).Status);
        Assert.Equal(200, (await server.CreateAsAsync(Key, "theirs")).Status);
        Assert.Equal(403, (await server.CreateAsAsync(Key, "odd")).Status);
        Assert.DoesNotContain(_auth.Requests, request => request.Contains("/deploy/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RoleAsync_ForeignOrUnknownDeployment_CausesSameLookups()
    {
        _auth.Users[Key] = new { user = new { uid = "alice" }, token = "alice" };
        _auth.Users["bobs"] = new { user = new { uid = "bob" }, token = "bob" };
        _auth.Namespaces["team"] = new { ns = new { owners = new[] { "alice" } } };
        await using var server = await RunningServer.StartAsync(_auth.Settings());
        string[] ids =
        [
            (await server.CreateAsAsync(Key)).Json.GetProperty("id").GetString()!,
            (await server.CreateAsAsync(Key, "team")).Json.GetProperty("id").GetString()!,
            DeploymentId.New().ToString(),
        ];
        await server.AsAsync("bobs", HttpMethod.Get, "/store/-/deployments");

        var seen = new List<(int Status, string Text, int Lookups)>();
        foreach (var id in ids)
        {
            var before = _auth.Requests.Count;
            var reply = await server.AsAsync("bobs", HttpMethod.Get, $"/store/{id}");
            seen.Add((reply.Status, reply.Text, _auth.Requests.Count - before));
        }

        Assert.All(seen, one => Assert.Equal(seen[0], one));
        Assert.Equal((403, 1), (seen[0].Status, seen[0].Lookups));
    }
}
