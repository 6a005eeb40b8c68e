using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace Goterra.Tests.EndToEnd.Described;

/// <summary>
/// Sends random requests that the OpenAPI document describes, and bad ones of the same form. 200 by default; for more:
/// <code>GOTERRA_DESCRIBED=5000 dotnet test Goterra.Tests --filter FullyQualifiedName~DescribedTests</code>
/// A failure prints the request, and a seed: <c>CsCheck_Seed=SEED</c> repeats it.
/// </summary>
[Trait("Category", "EndToEnd")]
public sealed class DescribedTests
{
    private const string ApiKey = "the-api-key-of-alice";

    private static readonly long Requests =
        long.TryParse(
            Environment.GetEnvironmentVariable("GOTERRA_DESCRIBED"), CultureInfo.InvariantCulture, out var wanted)
            ? wanted
            : 200;

    [Fact]
    public async Task AnyRequest_OfTheDocument_IsAnsweredAndLeavesNoInputInTheLog()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(
            folder.File("goterra-store.yml"),
            "users:\n  - uid: alice\n    key_sha256: "
            + $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ApiKey)))}\n"
            + "    namespaces: { infra: owner }\n");
        await using var server = await ServerProcess.StartAsync(
            folder, ("GOT_LOG_LEVEL", "debug"), ("GOT_LOG_FORMAT", "text"), ("GOT_LIMITS_MAX_WAIT", "1s"),
            ("GOT_LIMITS_FAILED_ATTEMPTS", "10000"), ("GOT_LIMITS_REDEMPTIONS", "100000"));
        using var client = new HttpClient { BaseAddress = server.Address };
        var document = JsonDocument.Parse(await client.GetStringAsync("/swagger/v1/swagger.json")).RootElement;
        var tokens = new ConcurrentBag<string>();

        await new DescribedRequests(document).Requests.SampleAsync(
            async request =>
            {
                var target = await CreateTargetAsync(server);
                tokens.Add(target.Token);
                var response = await request.SendAsync(server.Address, target);
                Check(request, response, document);
            },
            iter: Requests,
            threads: 8,
            print: request => $"\n{request}");

        Assert.Equal(200, (int)(await client.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(0, await server.TerminateAsync());
        Assert.Contains("DBG]", server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(HostileText.Canary, server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(tokens, token => server.Output.Contains(token, StringComparison.Ordinal));
        Assert.DoesNotContain(ApiKey, server.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Output, character => char.IsControl(character) && character is not ('\n' or '\r'));
        Assert.All(
            server.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches(@"^\[\d\d:\d\d:\d\d (DBG|INF|WRN)\] ", line));
    }

    private static async Task<RequestTarget> CreateTargetAsync(ServerProcess server)
    {
        using var client = new HttpClient { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Add("X-API-Key", ApiKey);
        var created = (await Reply.OfAsync(await client.PostAsync("/store", null))).Json;
        var deployment = new TestDeployment(
            server.Address,
            created.GetProperty("id").GetString() ?? "",
            created.GetProperty("token").GetString() ?? "");
        var stored = await deployment.PutAsync("a/b", "value");
        var ticket = await deployment.PostAsync("tickets", """{"full":true}""");
        return new RequestTarget(
            deployment.Id, deployment.Token, ApiKey, ticket.Json.GetProperty("ticket").GetString() ?? "",
            stored.ETag ?? "");
    }

    private static void Check(DescribedRequest request, DescribedResponse response, JsonElement document)
    {
        // Not of a route.
        var isSize = response.Status is 414 or 431;
        var isPending = response.Status == 503 && request.Query.Contains("pending", StringComparison.Ordinal);
        if (response.Status >= 500 && !isPending)
            throw new InvalidOperationException($"{response.Status}: {response.Text}");
        if (response.Status >= 400 && !isPending && request.Method != "HEAD" && !request.IsRefusedUnseen)
            CheckProblem(response);
        var plain = request.Operation.Replace("{id}", Placeholders.Deployment, StringComparison.Ordinal)
            .Replace("{key}", "a/b", StringComparison.Ordinal);
        if ($"{request.Method} {request.Path}" == plain && !isSize
            && !IsDeclared(request.Operation, response.Status, document))
            throw new InvalidOperationException($"The document has no {response.Status} here: {response.Text}");
    }

    private static void CheckProblem(DescribedResponse response)
    {
        if (!response.ContentType.StartsWith("application/problem+json", StringComparison.Ordinal))
            throw new InvalidOperationException($"{response.Status} without a problem: {response}");
        var problem = JsonDocument.Parse(response.Text).RootElement;
        if (problem.GetProperty("status").GetInt32() != response.Status
            || string.IsNullOrEmpty(problem.GetProperty("detail").GetString()))
            throw new InvalidOperationException($"{response.Status} with another problem: {response.Text}");
    }

    private static bool IsDeclared(string operation, int status, JsonElement document)
    {
        var parts = operation.Split(' ');
        return document.GetProperty("paths").GetProperty(parts[1]).GetProperty(parts[0].ToLowerInvariant())
            .GetProperty("responses").TryGetProperty($"{status}", out _);
    }
}
