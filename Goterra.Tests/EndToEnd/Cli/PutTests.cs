using System.Security.Cryptography;
using System.Text;
using static Goterra.Tests.Support.ScriptedServer;

namespace Goterra.Tests.EndToEnd.Cli;

[Trait("Category", "EndToEnd")]
public sealed class PutTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Put_File_SendsItsBytes()
    {
        byte[] value = [0, 1, 255, 10];
        await File.WriteAllBytesAsync(_file, value);
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, "put", "k", "@" + _file);

        Assert.Equal((0, "", ""), (run.ExitCode, run.Text, run.Errors));
        var request = Assert.Single(server.Requests);
        Assert.Equal(value, request.Body);
        Assert.Equal("application/octet-stream", request.Header("Content-Type"));
        Assert.Null(request.Header("Idempotency-Key"));
    }

    [Fact]
    public async Task Put_Dash_SendsStdin()
    {
        byte[] value = [0, 1, 255, 10];
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(["put", "k", "-"], CliRun.VariablesFor(server.Url), value);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(value, Assert.Single(server.Requests).Body);
    }

    [Fact]
    public async Task Put_TenMillionBytes_ArriveWhole()
    {
        var value = RandomNumberGenerator.GetBytes(10_000_000);
        await File.WriteAllBytesAsync(_file, value);
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, "put", "k", "@" + _file);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(value, Assert.Single(server.Requests).Body);
    }

    [Fact]
    public async Task Put_MissingFile_IsAnErrorWithoutARequest()
    {
        await using var server = await StartAsync(Done);

        var run = await CliRun.RunAsync(server, "put", "k", "@/nonexistent/log");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("/nonexistent/log", run.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("0123456789", "4", "6789")]
    [InlineData("0123456789", "10", "0123456789")]
    [InlineData("0123456789", "99", "0123456789")]
    [InlineData("aé😀b", "1", "b")]
    [InlineData("aé😀b", "2", "b")]
    [InlineData("aé😀b", "4", "b")]
    [InlineData("aé😀b", "5", "😀b")]
    [InlineData("aé😀b", "6", "😀b")]
    [InlineData("aé😀b", "7", "é😀b")]
    public async Task Put_Trim_SendsTheLastCharacters(string text, string trim, string sent)
    {
        await File.WriteAllTextAsync(_file, text);
        await using var server = await StartAsync(Done);
        var variables = CliRun.VariablesFor(server.Url);
        variables["GOT_TRIM"] = trim;

        await CliRun.RunAsync(["put", "k", "@" + _file], variables);
        await CliRun.RunAsync(["put", "k", "-"], variables, Encoding.UTF8.GetBytes(text));
        await CliRun.RunAsync(["put", "k", text], variables);

        Assert.Equal([sent, sent, text], server.Requests.Select(request => request.Text));
    }

    [Fact]
    public async Task Put_TrimOfALongStream_SendsItsEnd()
    {
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(line => $"line {line}\n"));
        await using var server = await StartAsync(Done);
        var variables = CliRun.VariablesFor(server.Url);
        variables["GOT_TRIM"] = "1000";

        await CliRun.RunAsync(["put", "k", "-"], variables, Encoding.UTF8.GetBytes(text));

        Assert.Equal(text[^1000..], Assert.Single(server.Requests).Text);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1k")]
    public async Task Put_InvalidTrim_NamesTheVariable(string trim)
    {
        await using var server = await StartAsync(Done);
        var variables = CliRun.VariablesFor(server.Url);
        variables["GOT_TRIM"] = trim;

        var run = await CliRun.RunAsync(["put", "k", "-"], variables);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("GOT_TRIM", run.Errors, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Put_IfAbsent_KeepsTheIdempotencyKeyInAllAttempts()
    {
        await using var server = await StartAsync(
            Problem(503, "starting"), Hangup, CutInTheMiddle("""{"message":"done"}""", "application/json"), Done);

        var run = await CliRun.RunAsync(server, "put", "--if-absent", "leader", "me");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(4, server.Requests.Count);
        Assert.All(
            server.Requests, request => Assert.Equal(("*", "me"), (request.Header("If-None-Match"), request.Text)));
        Assert.NotEmpty(
            Assert.Single(server.Requests.Select(request => request.Header("Idempotency-Key")).Distinct())!);
    }

    [Theory]
    [InlineData("7.abc")]
    [InlineData("\"7.abc\"")]
    public async Task Put_IfMatch_SendsTheEtagQuoted(string etag)
    {
        await using var server = await StartAsync(Done);

        await CliRun.RunAsync(server, "put", "--if-match", etag, "k", "v");

        Assert.Equal("\"7.abc\"", Assert.Single(server.Requests).Header("If-Match"));
    }

    [Theory]
    [InlineData(413, 1)]
    [InlineData(422, 1)]
    [InlineData(401, 4)]
    [InlineData(410, 5)]
    public async Task Put_Refused_ExitsWithItsCodeAndTheReason(int status, int exitCode)
    {
        await using var server = await StartAsync(Problem(status, "the words of the server"));

        var run = await CliRun.RunAsync(server, "put", "--if-absent", "k", "v");

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Text));
        Assert.Contains("the words of the server", run.Errors, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Put_StoreFull_IsRetriedWithTheReason()
    {
        await using var server = await StartAsync(
            Problem(507, "the store is full"), Problem(507, "the store is full"), Done);

        var run = await CliRun.RunAsync(server, "put", "k", "v");

        Assert.Equal((0, "goterra-cli: put k: the store is full; retrying\n"), (run.ExitCode, run.Errors));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Put_StoreStaysFull_GivesUpWithTheReason()
    {
        var time = new SkippingTime();
        var start = time.GetTimestamp();
        await using var server = await StartAsync(Problem(507, "the store is full"));

        var run = await CliRun.RunAsync(server, time, "put", "k", "v");

        Assert.Equal(7, run.ExitCode);
        Assert.EndsWith("put k: gave up after 60s: the store is full\n", run.Errors, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromMinutes(1), time.GetElapsedTime(start));
    }

    [Fact]
    public async Task Put_ConnectionRefused_IsUnreachableAfterAMinute()
    {
        var time = new SkippingTime();
        var start = time.GetTimestamp();

        var run = await CliRun.RunAsync(["put", "k", "v"], CliRun.VariablesFor(await DeadUrlAsync()), time: time);

        Assert.Equal(7, run.ExitCode);
        Assert.Equal(TimeSpan.FromMinutes(1), time.GetElapsedTime(start));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    public async Task Put_OldServer_UsesTheRouteOfTheDeployment(int status)
    {
        await using var server = await StartAsync(Status(status), Json("""{"message":"done"}"""));

        var run = await CliRun.RunAsync(server, "put", "k", "é");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var request = server.Requests.Last();
        Assert.Equal(("PUT", "/store/d1"), (request.Method, request.Target));
        Assert.Equal("""{"key":"k","value":"\u00E9"}""", request.Text);
    }

    [Fact]
    public async Task Put_ConditionOnAnOldServer_IsNotWrittenUnconditionally()
    {
        await using var server = await StartAsync(Status(405), Done);

        var run = await CliRun.RunAsync(server, "put", "--if-absent", "k", "v");

        Assert.Equal(1, run.ExitCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Put_BinaryOnAnOldServer_IsRefused()
    {
        await using var server = await StartAsync(Status(405), Done);

        var run = await CliRun.RunAsync(["put", "k", "-"], CliRun.VariablesFor(server.Url), [255, 254]);

        Assert.Equal(1, run.ExitCode);
        Assert.Single(server.Requests);
    }
}
