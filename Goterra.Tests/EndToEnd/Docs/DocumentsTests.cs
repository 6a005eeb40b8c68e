using System.Diagnostics;

namespace Goterra.Tests.EndToEnd.Docs;

/// <summary>The lines of the documents, typed in from top to bottom.</summary>
[Trait("Category", "EndToEnd")]
public sealed class DocumentsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [FactWith("bash", "curl")]
    public async Task Waiting_TypedIn_DoesWhatTheTextSays()
    {
        var (output, _) = await TypeAsync("docs/waiting.md");

        string[] expected =
        [
            "K10abc", "K10def", "\"nodes/b\":\"10.0.0.3\"", "\"reason\":\"worker-2 has no disk\"",
            "\"message\":\"resumed\"", "\"failures\":[{\"source\":\"worker-3\"", "\"key\":\"failed/worker-2\"",
            "\"waiting\":[]", "retry: 1000",
        ];
        Assert.All(expected, text => Assert.Contains(text, output, StringComparison.Ordinal));
    }

    [FactWith("bash", "curl")]
    public async Task Leases_TypedIn_DoesWhatTheTextSays()
    {
        var (output, _) = await TypeAsync("docs/leases.md");

        // Taken and renewed under one revision; refused; written with the fence; over, which raised the revision; taken
        // again; the old fence; the address.
        string[] expected =
        [
            "\"revision\":1,\"expires\":", "\"revision\":1,\"expires\":", "is a lease until", "\"revision\":2",
            "\"status\":404", "\"revision\":4,\"expires\":",
            "\"status\":412", "10.0.0.2", "\"on_lapse\":\"fail\"", "\"reason\":\"no heartbeat from worker-1\"",
        ];
        AssertInOrder(expected, output);
    }

    [FactWith("bash", "curl")]
    public async Task Curl_TypedIn_DoesWhatTheTextSays()
    {
        var (output, errors) = await TypeAsync("docs/curl.md");

        // In this order, and no line of it failed but the one that must.
        string[] expected =
        [
            "s3cret", "\"status/worker 1\":\"up\"", "\"message\":\"deleted\"", "s3cret", "\"message\":\"failed\"",
            "curl ended with 22", "\"message\":\"resumed\"", "\"nodes/c\":\"10.0.0.3\"",
            "200\n", "412\n", "200\n", "200\n", "422\n", "409\n", "\"expires\"", "\"message\":\"done\"",
            "\"token\":\"...\"", "\"token\":\"...\"", "{\"message\":\"deleted\"}", "410\n",
        ];
        AssertInOrder(expected, output, errors);
        Assert.Equal("curl: (22) The requested URL returned error: 424", errors.Trim());
    }

    private static void AssertInOrder(string[] expected, string output, string errors = "")
    {
        var at = 0;
        foreach (var text in expected)
        {
            var found = output.IndexOf(text, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"{text} is missing after: {output[..at]}\nin: {output}\nerrors: {errors}");
            at = found + text.Length;
        }
    }

    private async Task<(string Output, string Errors)> TypeAsync(string document)
    {
        using var folder = new TempFolder();
        var lines = File.ReadLines(SourceTree.PathOf(document))
            .Where(line => line.StartsWith("    ", StringComparison.Ordinal))
            .Select(
                line => line.Trim().Replace(
                    "http://localhost:8000", fixture.Server.Address.ToString().TrimEnd('/'), StringComparison.Ordinal));
        using var bash = Process.Start(new ProcessStartInfo("bash")
        {
            RedirectStandardInput =
                true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        })!;
        await bash.StandardInput.WriteAsync(string.Join('\n', lines));
        bash.StandardInput.Close();

        var errors = bash.StandardError.ReadToEndAsync();
        return (await bash.StandardOutput.ReadToEndAsync(), await errors);
    }
}
