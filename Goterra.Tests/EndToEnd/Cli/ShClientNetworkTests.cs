using System.Runtime.Versioning;
using System.Security.Cryptography;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>goterra.sh: what stands in place of the server, or between it and the client.</summary>
[Trait("Category", "EndToEnd")]
[UnsupportedOSPlatform("windows")]
public sealed class ShClientNetworkTests : IClassFixture<ServerFixture>, IDisposable
{
    private readonly ServerFixture _fixture;
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly ShClient _client;

    public ShClientNetworkTests(ServerFixture fixture) => (_fixture, _client) = (fixture, new ShClient(_folder));

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Run_PageInPlaceOfTheServer_IsNoSuccess(string shell, string tool)
    {
        await using var page = await StartAsync(Page(200, etag: "\"5f3e-1c8\""));
        await using var file = await StartAsync(Page(200, "application/octet-stream"));
        await using var error = await StartAsync(Page(404));

        await using var portal = await StartAsync(Page(511));

        foreach (var server in new[] { page, file, error, portal })
        {
            string[] lines =
                ["get k", "get --no-wait k", "put k v", "wait --prefix p --count 1", "status", "fail broken"];
            foreach (var line in lines)
            {
                await _client.AssertEndAsync(
                    1, "is not from a goterra server", shell, tool, At(server), line.Split(' '));
            }
        }
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Put_ETagWeakenedByAProxy_IsSuccess(string shell, string tool)
    {
        await using var server = await StartAsync(
            Stored("W/\"1.0123456789abcdef\""),
            Tagged("v", "\"0123456789abcdef\""),
            Stored("\"x.0123456789abcdef\""));

        Assert.Equal((0, "", ""), await _client.RunAsync(shell, tool, At(server), "put", "k", "v"));
        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, At(server), "get", "k"));
        await _client.AssertEndAsync(1, "not from a goterra server", shell, tool, At(server), "put", "k", "v");
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_PageAfterAnAnswer_IsRetried(string shell, string tool)
    {
        await using var server = await StartAsync(Problem(404, "Key not found."), Page(404), Raw("v"));

        var (exit, output, errors) = await _client.RunAsync(shell, tool, At(server), "get", "k");

        Assert.Equal((0, "v\n"), (exit, output));
        Assert.Contains("retrying", errors, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_NoGoterraServerAfterAnAnswer_IsRetried(string shell, string tool)
    {
        await using var server = new RawServer(
            RawServer.NotFound, RawServer.TooLong, RawServer.OtherProtocol, RawServer.Value);

        var (exit, output, errors) = await _client.RunAsync(
            shell, tool, new TestDeployment(new Uri(server.Url), "id", "token"), "get", "k");

        Assert.Equal((0, "v\n", 4), (exit, output, server.Connections));
        Assert.Contains("retrying", errors, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Run_EndlessPage_EndsAtOnce(string shell, string tool)
    {
        await using var server = await StartAsync(async context =>
        {
            context.Response.ContentType = "text/html";
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(new byte[65_536]);
        });

        await _client.AssertEndAsync(1, "is not from a goterra server", shell, tool, At(server), "put", "k", "v");
        await _client.AssertEndAsync(1, "is not from a goterra server", shell, tool, At(server), "get", "k");
    }

    [FactWith("dash", "busybox", "curl")]
    public async Task Get_CurlWithoutTls_SaysSo()
    {
        var server = new TestDeployment(new Uri("https://goterra.example.org"), "id", "token");
        await _client.RunAsync("dash", "curl", server, "--version");
        var curl = Path.Combine(_folder.File("tools-curl"), "curl");
        File.Delete(curl);
        await File.WriteAllTextAsync(curl, $"#!/bin/sh\nexec {Programs.Find("curl")} --proto =http \"$@\"\n");
        File.SetUnixFileMode(curl, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        await _client.AssertEndAsync(1, "does not support the protocol", "dash", "curl", server, "get", "k");
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task PutAndGet_SlowLink_TakeAsLongAsTheyNeed(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        var bytes = RandomNumberGenerator.GetBytes(500_000);
        await File.WriteAllBytesAsync(_folder.File("in"), bytes);
        await using var relay = new TcpRelay(deployment.Server.Port, bytesPerSecond: 100_000);
        var slow = new TestDeployment(relay.Url, deployment.Id, deployment.Token);

        Assert.Equal(
            (0, "", ""),
            await _client.RunAsync(
                shell, tool, slow, "put", "--timeout", "1s", "k", "@" + _folder.File("in")));
        Assert.Equal(
            (0, "", ""),
            await _client.RunAsync(shell, tool, slow, "get", "--timeout", "1s", "--out", _folder.File("out"), "k"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_folder.File("out")));
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_CertificateRejected_EndsAtOnce(string shell, string tool)
    {
        await using var trusted = await StartSecureAsync(_authority.Issue(), Raw("v"));
        await using var other = await StartSecureAsync(_authority.Issue("other.example.org"), Raw("v"));

        await _client.AssertEndAsync(1, "TLS: ", shell, tool, At(trusted), "get", "k");
        _client.More["GOT_CACERT"] = _authority.Path;
        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, At(trusted), "get", "k"));
        await _client.AssertEndAsync(1, "TLS: ", shell, tool, At(other), "get", "k");
        _client.More["GOT_CACERT"] = "/nope";
        await _client.AssertEndAsync(2, "GOT_CACERT: /nope", shell, tool, At(trusted), "get", "k");
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_ServerWithoutTls_EndsAtOnce(string shell, string tool)
    {
        await using var server = await StartAsync(Raw("v"));
        var address = new UriBuilder(server.Url) { Scheme = "https" }.Uri;

        await _client.AssertEndAsync(
            1, "does not use TLS on this port", shell, tool, new TestDeployment(address, "id", "token"), "get", "k");
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_KeyIsMistyped_NamesTheNearestKey(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PutAsync("join_token", "v");

        await _client.AssertEndAsync(
            3, "key not found. The nearest existing key is 'join_token'",
            shell, tool, deployment, "get", "join_tokn", "--timeout", "2s");
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_CertificateNotYetValid_IsRetried(string shell, string tool)
    {
        await using var server = await StartSecureAsync(_authority.Issue(from: 2, to: 30), Raw("v"));
        _client.More["GOT_CACERT"] = _authority.Path;

        await _client.AssertEndAsync(7, "gave up", shell, tool, At(server), "get", "--timeout", "1s", "k");
    }

    private static TestDeployment At(ScriptedServer server) => new(new Uri(server.Url), "id", "token");
}
