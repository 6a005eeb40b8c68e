using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Goterra.Tests.EndToEnd.Ui.LivePage;

namespace Goterra.Tests.EndToEnd.Ui;

public sealed partial class LivePageTests
{
    [TheoryWith("chromium")]
    [InlineData("typo", "worker-1 waits for joni_token, .* There is no such key; the nearest is join_token")]
    [InlineData("never stored", "2 machines wait for certificate, .* The key has not been stored yet")]
    [InlineData("one is missing", @"master waits for 3 keys under nodes/ \(2 of 3 there\)")]
    [InlineData(
        "another prefix", "master waits for 1 key under node/ .* There is no such prefix; the nearest is nodes/")]
    [InlineData("command failed", "install-db on db-1 failed with exit code 2")]
    [InlineData("command died", "install-db on db-1 died: started .* ago, no heartbeat from its machine")]
    [InlineData("reported", "worker-2 reported FAILED .* ago: there is no disk")]
    [InlineData("met too late", "No clients are waiting. 4 keys, the last one stored .* ago by worker-3")]
    [InlineData("gave up", "worker-1 gave up waiting for certificate .* ago")]
    public async Task Summary_BrokenDeployment_NamesTheCause(string what, string expected)
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.PutAsync("master", "join_token", "v");
        await machines.PutAsync("worker-1", "nodes/worker-1", "v");
        await machines.PutAsync("worker-2", "nodes/worker-2", "v");
        switch (what)
        {
            case "typo":
                await machines.WaitAsync("worker-1", "joni_token");
                break;
            case "never stored":
                await machines.WaitAsync("worker-1", "certificate");
                await machines.WaitAsync("worker-2", "certificate");
                break;
            case "one is missing":
                await machines.WaitAsync("master", "?filter=nodes/&count=3");
                break;
            case "another prefix":
                await machines.WaitAsync("master", "?filter=node/&count=1");
                break;
            case "command failed":
                await machines.StartAsync("db-1", "install-db");
                await machines.EndAsync("db-1", "install-db", 2, "");
                break;
            case "command died":
                await machines.StartAsync("db-1", "install-db");
                await deployment.DeleteAsync("_heartbeat_app_install-db_db-1");
                break;
            case "reported":
                await machines.FailAsync("worker-2", "there is no disk");
                break;
            case "met too late":
                Assert.Equal(404, (await deployment.GetAsync("?filter=nodes/&count=3&wait=1")).Status);
                await machines.PutAsync("worker-3", "nodes/worker-3", "v");
                break;
            default:
                Assert.Equal(
                    404, (await deployment.GetAsync("certificate?wait=1", ("X-Client-Name", "worker-1"))).Status);
                break;
        }

        await using var page = await OpenAsync(browser, deployment);

        await HasAsync(page.Summary, new Regex(expected));
        Assert.Empty(page.Errors);
    }

    [FactWith("chromium")]
    public async Task Swagger_TokenEntered_IsNotKept()
    {
        await using var server = await RunningServer.StartAsync();
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(server.Address, "swagger/index.html").AbsoluteUri);
        await page.Locator("button.authorize").First.ClickAsync();
        await page.Locator("#auth-bearer-value").FillAsync("eyJ-CANARY");
        await page.Locator(".auth-btn-wrapper .authorize").First.ClickAsync();
        await ShowsAsync(page.GetByText("Logout").First);
        await page.Locator(".btn-done").First.ClickAsync();
        await page.Locator("[id$='valuesGet']").ClickAsync();
        var error = page.Locator("tr.goterra-error").First;

        Assert.DoesNotContain(
            "CANARY", await page.EvaluateAsync<string>("JSON.stringify([localStorage, sessionStorage])"),
            StringComparison.Ordinal);
        await HidesAsync(error.GetByText("Example Value"));
        await error.ClickAsync();
        await ShowsAsync(error.GetByText("Example Value"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Live page", Exact = true }).First.ClickAsync();
        await HasAsync(page.Locator("h1"), "See what each machine is waiting for");
        await page.Context.CloseAsync();
    }
}
