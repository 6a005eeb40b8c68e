namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>goterra.sh: addresses, tokens and files as people and other systems leave them.</summary>
[Trait("Category", "EndToEnd")]
public sealed class ShClientInputTests : IClassFixture<ServerFixture>, IDisposable
{
    private readonly ServerFixture _fixture;
    private readonly TempFolder _folder = new();
    private readonly ShClient _client;

    public ShClientInputTests(ServerFixture fixture) => (_fixture, _client) = (fixture, new ShClient(_folder));

    public static TheoryData<string, string> Addresses => new()
    {
        { "http://localhost:80O0", "what follows the host is not a port" },
        { "http://::1:8000", "what follows the host is not a port" },
        { "http://localhost:123456", "what follows the host is not a port" },
        { "localhost:8000", "must begin with http:// or https://" },
        { "http://", "must begin with http:// or https://" },
        { "http://user@localhost", "user or password" },
        { "http://user:secret/1@localhost", "what follows the host is not a port" },
        { "http://user:secret#1@localhost", "must not contain ? or #" },
        { "http://localhost?x", "must not contain ? or #" },
        { "http://local host", "contains spaces" },
        { "http://localhost/store/", "must not end with /store" },
    };

    public void Dispose() => _folder.Dispose();

    [TheoryWith("dash", "curl")]
    [MemberData(nameof(Addresses))]
    public async Task Get_BadAddress_IsAUsageError(string url, string says)
    {
        _client.More["GOT_URL"] = url;

        await _client.AssertEndAsync(2, says, "dash", "curl", _fixture.Server.Open("id", "token"), "get", "k");
        var program = await CliRun.RunAsync(["get", "k"], CliRun.VariablesFor(url));

        Assert.Equal(2, program.ExitCode);
        Assert.DoesNotContain("secret", program.Errors, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_MalformedProxy_IsNotRepeated(string shell, string tool)
    {
        _client.More["http_proxy"] = "http://user:secret#1@proxy.example.org:3128";
        var run = await _client.RunAsync(
            shell, tool, new TestDeployment(new Uri("http://goterra.example.org"), "id", "token"), "get", "k");

        Assert.Equal((2, ""), (run.Exit, run.Output));
        Assert.Contains("is not the URL of a proxy", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Errors, StringComparison.Ordinal);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_LineBreaksAndByteOrderMark_AreIgnored(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");
        await File.WriteAllTextAsync(_folder.File("token"), $"\uFEFF{deployment.Token}\r\n");
        var machine = _fixture.Server.Open(deployment.Id + "\r", "");
        _client.More["GOT_URL"] = deployment.Server + "\r";
        _client.More["GOT_TOKEN_FILE"] = _folder.File("token");

        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, machine, "get", "k"));
        _client.More["GOT_TOKEN"] = deployment.Token + "\r";
        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, machine, "get", "k"));
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Get_TokenFileRenewed_IsReadAgain(string shell, string tool)
    {
        var file = _folder.File("token");
        await File.WriteAllTextAsync(file, "old");
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            if (context.Request.Headers.Authorization == "Bearer new")
                return ScriptedServer.Raw("v")(context);
            File.WriteAllText(file, "new\n");
            return ScriptedServer.Problem(401, "expired")(context);
        });
        _client.More["GOT_TOKEN_FILE"] = file;
        var machine = new TestDeployment(new Uri(server.Url), "id", "");

        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, machine, "get", "k"));
        Assert.Equal(2, server.Requests.Count);
    }

    [TheoryWith("dash", "busybox", "curl", "wget")]
    [MemberData(nameof(ShClient.Machines), MemberType = typeof(ShClient))]
    public async Task Redeem_EmptyMachineFile_IsReplaced(string shell, string tool)
    {
        var deployment = await _fixture.Server.CreateAsync();
        await deployment.PutAsync("k", "v");
        _client.More["GOT_TICKET"] = (
            await deployment.PostAsync("tickets", """{"full":true}""")).Json.GetProperty("ticket").GetString()!;
        Directory.CreateDirectory(_client.State);
        await File.WriteAllTextAsync(Path.Combine(_client.State, "machine.cut"), "");
        File.CreateSymbolicLink(Path.Combine(_client.State, "machine"), "machine.cut");

        Assert.Equal((0, "v\n", ""), await _client.RunAsync(shell, tool, _fixture.Server.Open("", ""), "get", "k"));
        Assert.Matches("^[0-9a-f]{64}$", await File.ReadAllTextAsync(Path.Combine(_client.State, "machine")));
    }
}
