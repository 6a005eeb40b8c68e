using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Goterra.Tests.EndToEnd.Ui.LivePage;

namespace Goterra.Tests.EndToEnd.Ui;

public sealed partial class LivePageTests
{
    private const string Alice = "key-of-alice-which-is-random-enough";
    private const string CredentialsAnywhere =
        """
        [JSON.stringify(sessionStorage), JSON.stringify(localStorage), JSON.stringify(history.state),
          document.cookie, location.href, document.referrer,
          ...performance.getEntriesByType('resource').map(entry => entry.name)].join('\n')
        """;

    [FactWith("chromium")]
    public async Task Link_FromOpen_ShowsKeysAndWaitsWithoutValuesAndLeavesNothingBehind()
    {
        await using var server = await RunningServer.StartAsync();
        await using var proxy = await PrefixProxy.StartAsync(server.Address);
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.PutAsync("master", "token", "CANARY");
        await machines.WaitAsync("worker-1", "tokn");
        var run = await CliRun.RunAsync(
            ["open"],
            new Dictionary<string, string>
            {
                ["GOT_URL"] = proxy.Url.AbsoluteUri,
                ["GOT_DEPLOYMENT"] = deployment.Id,
                ["GOT_TOKEN"] = deployment.Token,
            });
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var link = Assert.Single(run.Text.TrimEnd().Split('\n'));
        Assert.StartsWith($"{proxy.Url}store/-/ui/#id={deployment.Id}&ticket=", link, StringComparison.Ordinal);
        var secret = link[(link.LastIndexOf('.') + 1)..];

        await using var page = await OpenAsync(browser, proxy.Url);
        await page.Page.GotoAsync("about:blank");
        await page.Page.GotoAsync(link);
        await page.IsLiveAsync();

        await HasAsync(page.Summary, "worker-1 waits for tokn");
        await HasAsync(page.Page.Locator("#scope"), new Regex("Token: observe only, (1 h|59 min)"));
        await HasAsync(page.Page.Locator("[data-key='token']"), "6 B");
        await CountAsync(page.Button("Reveal: token"), 0);
        await CountAsync(page.Page.Locator("#actions, #access"), 0);
        Assert.Equal($"{proxy.Url}store/-/ui/", page.Page.Url);
        var traces = await page.Page.EvaluateAsync<string>(CredentialsAnywhere);
        Assert.DoesNotContain(secret, traces, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", traces, StringComparison.Ordinal);
        Assert.All(proxy.Seen, seen => Assert.DoesNotMatch($"{secret}|eyJ|http", seen));
        Assert.DoesNotMatch($"CANARY|{secret}|eyJ", await page.SourceAsync());

        // It works once.
        await using var thief = await OpenAsync(browser, proxy.Url);
        await thief.Page.GotoAsync("about:blank");
        await thief.Page.GotoAsync(link);
        await HasAsync(thief.Page.GetByRole(AriaRole.Alert), "This ticket cannot be redeemed");
        Assert.Empty(page.Errors);
    }

    [FactWith("chromium")]
    public async Task Token_Typed_IsInMemoryOnlyUnlessTheBoxIsChecked()
    {
        await using var server = await RunningServer.StartAsync();
        await using var proxy = await PrefixProxy.StartAsync(server.Address);
        var deployment = await server.CreateAsync();
        await using var page = await OpenAsync(browser, proxy.Url);
        await page.EnterAsync(deployment.Id, deployment.Token);
        Assert.DoesNotContain(
            deployment.Token, await page.Page.EvaluateAsync<string>(CredentialsAnywhere), StringComparison.Ordinal);
        Assert.DoesNotContain(deployment.Token, await page.SourceAsync(), StringComparison.Ordinal);
        await page.Page.ReloadAsync();
        await ShowsAsync(page.Page.GetByLabel("Token"));

        await page.EnterAsync(deployment.Id, deployment.Token);
        await page.Page.GetByLabel("Stay signed in in this tab").CheckAsync();
        await page.Page.ReloadAsync();
        await page.IsLiveAsync();
        Assert.Equal("{}", await page.Page.EvaluateAsync<string>("JSON.stringify(localStorage)"));

        await page.Button("Sign out").ClickAsync();
        Assert.Equal("{}", await page.Page.EvaluateAsync<string>("JSON.stringify(sessionStorage)"));
        await page.Page.ReloadAsync();
        await ShowsAsync(page.Page.GetByLabel("Token"));
        Assert.All(proxy.Seen, seen => Assert.DoesNotMatch("eyJ|http", seen));
    }

    [FactWith("chromium")]
    public async Task Token_Wrong_IsAnErrorInTheForm()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await using var page = await OpenAsync(browser, server.Address);

        await page.Page.GetByLabel("Deployment").FillAsync(deployment.Id);
        await page.Page.GetByLabel("Token").FillAsync("eyJ.wrong.token");
        await page.Page.Keyboard.PressAsync("Enter");

        await HasAsync(page.Page.GetByRole(AriaRole.Alert), "Invalid token");
        Assert.Empty(page.Errors);
    }

    [FactWith("chromium")]
    public async Task ApiKey_SeveralDeployments_ListsThoseThatAreStuckFirst()
    {
        await using var server = await RunningServer.StartAsync(
            yaml: $"users:\n  - uid: alice\n    key_sha256: {KeyHash(Alice)}\n");
        var ids = new Dictionary<string, TestDeployment>();
        foreach (var name in (string[])["stuck", "failed", "quiet"])
        {
            var created =
                (await Reply.OfAsync(await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/store")
                {
                    Headers = { { "X-API-Key", Alice } },
                    Content = new StringContent($$"""{"name":"{{name}}"}"""),
                }))).Json;
            ids[name] = server.Open(created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
        }

        await new Machines(server, ids["failed"]).FailAsync("db-1", "no disk");
        await new Machines(server, ids["stuck"]).WaitAsync("worker-1", "k");
        await using var page = await OpenAsync(browser, server.Address);

        await page.Page.GetByLabel("API key").FillAsync(Alice);
        await page.Button("List deployments").ClickAsync();

        var rows = page.Page.Locator("tbody tr");
        await HasAsync(rows.Nth(0), new Regex("Failed.*failed.*no disk"));
        await HasAsync(rows.Nth(1), new Regex("Waiting.*stuck.*1 client, longest"));
        await HasAsync(rows.Nth(2), new Regex("Quiet.*quiet"));
        await Browser.KeepAsync(page.Page, "list-light");
        await page.Page.GetByLabel("Sort by").SelectOptionAsync("By name");
        await HasAsync(rows.Nth(1), "quiet");
        await page.Page.GetByLabel("Filter by name, id, namespace or owner").FillAsync("STUCK");
        await CountAsync(rows, 1);
        await page.Button("Open stuck").ClickAsync();
        await HasAsync(page.Summary, "worker-1 waits for k");
        await HasAsync(page.Page.Locator("#scope"), "API key");
        Assert.DoesNotContain(Alice, await page.SourceAsync(), StringComparison.Ordinal);
        await page.Button("All deployments").ClickAsync();
        await CountAsync(rows, 3);
        Assert.Empty(page.Errors);
    }

    [FactWith("chromium")]
    public async Task ApiKey_OfAdmin_ListsTheDeploymentsOfAllUsers()
    {
        const string Root = "key-of-root-which-is-random-enough";
        await using var server = await RunningServer.StartAsync(yaml: $$"""
            users:
            - uid: root
              key_sha256: {{KeyHash(Root)}}
              admin: true
            - uid: alice
              key_sha256: {{KeyHash(Alice)}}
            """);
        var created = (await server.CreateAsAsync(Alice)).Json;
        var ofAlice = server.Open(created.GetProperty("id").GetString()!, created.GetProperty("token").GetString()!);
        var anonymous = await server.CreateAsync();
        await new Machines(server, ofAlice).WaitAsync("worker-1", "k");
        await using var page = await OpenAsync(browser, server.Address);

        await page.Page.GetByLabel("API key").FillAsync(Root);
        await page.Button("List deployments").ClickAsync();

        var rows = page.Page.Locator("tbody tr");
        await HasAsync(rows.Nth(0), new Regex($"Waiting.*{ofAlice.Id} by alice.*1 client, longest"));
        await HasAsync(rows.Nth(1), new Regex($"Quiet.*{anonymous.Id} by anonymous.*none"));
        await CountAsync(rows, 2);
        Assert.Empty(page.Errors);
    }

    private static string KeyHash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
