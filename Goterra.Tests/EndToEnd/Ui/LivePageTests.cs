using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Goterra.Tests.EndToEnd.Ui.LivePage;

namespace Goterra.Tests.EndToEnd.Ui;

/// <summary>
/// A deployment of six machines with a typo, a failure, a death and a recovery, as the live page shows it.
/// </summary>
[Trait("Category", "EndToEnd")]
public sealed partial class LivePageTests(Browser browser) : IClassFixture<Browser>
{
    [FactWith("chromium")]
    public async Task Show_SixMachines_TellsWhatIsWrong()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync(new { name = "prod-cluster", ttl = "48h" });
        var machines = new Machines(server, deployment);
        await machines.PutAsync("master-1", "join_token", "K10-CANARY");
        await machines.PutAsync("worker-1", "nodes/worker-1", "10.0.0.5");
        foreach (var worker in (string[])["worker-1", "worker-2", "worker-3"])
            await machines.WaitAsync(worker, "join_tokn");
        await machines.WaitAsync("master-1", "?filter=nodes/&count=3");
        await machines.StartAsync("db-1", "kubeadm");
        await machines.EndAsync("db-1", "kubeadm", 1, "[preflight]\nPort 6443 is in use\n");

        await using var page = await OpenAsync(browser, deployment);

        // A snapshot first: these waits began before. The typo and the failed command:
        await HasAsync(page.Summary, "3 machines wait for join_tokn, longest ");
        await HasAsync(page.Summary, "There is no such key; the nearest is join_token.");
        await HasAsync(page.Summary, "master-1 waits for 3 keys under nodes/ (1 of 3 there)");
        await HasAsync(page.Summary, new Regex("kubeadm on db-1 failed with exit code 1, .* ago"));
        await Browser.KeepAsync(page.Page, "waiting-light");

        // The typo is fixed.
        await machines.PutAsync("operator", "join_tokn", "K10-CANARY");
        machines.Ended(3);
        await HasAsync(page.Page.Locator("#events tr[data-type='woken']").First, "met");
        await HidesAsync(page.Summary.GetByText("3 machines wait for"));

        // A machine dies: all waits end with the reason.
        await machines.DieAsync("worker-4");
        await HasAsync(page.Summary, new Regex("worker-4 was lost, and FAILED .* ago: worker-4 gives no sign of life"));
        await HasAsync(page.Page.Locator("#summary h1"), "Failed");
        await HasAsync(page.Page.Locator("[data-lane='worker-4']"), "FAILED: worker-4 gives no sign of life");
        machines.Ended();
        await CountAsync(page.Page.Locator(".bar-failed:not(.legend *)"), 2);
        await Browser.KeepAsync(page.Page, "failed-light");

        // And comes back.
        await machines.ResumeAsync("worker-4");
        await machines.WaitAsync("worker-4", "nodes/master");
        await HasAsync(page.Summary, "worker-4 waits for nodes/master");
        await HidesAsync(page.Summary.GetByText("was lost, and"));
        await HasAsync(page.Page.Locator("#events"), "resumed");
        Assert.Empty(page.Errors);
    }

    [FactWith("chromium")]
    public async Task Show_EventPut_IsOnScreen()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await using var page = await OpenAsync(browser, deployment);
        await HasAsync(page.Summary, "No clients are waiting, and no key has been stored yet.");

        await machines.PutAsync("m-1", "a/key", "CANARY");

        var row = page.Page.Locator("[data-key='a/key']");
        await HasAsync(row, "6 B");
        await HasAsync(row, "m-1");
        await HasAsync(row, new Regex("just now|ago"));
        Assert.Contains("2", await row.Locator("time").First.GetAttributeAsync("title"), StringComparison.Ordinal);
        await HasAsync(page.Page.Locator("#events tr[data-type='put']"), "a/key");
        await HasAsync(page.Summary, "the last one stored");
        Assert.DoesNotContain("CANARY", await page.SourceAsync(), StringComparison.Ordinal);
    }

    [FactWith("chromium")]
    public async Task Graph_MistypedKey_OffersTheFix()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.PutAsync("master", "it's/token", "v");
        await machines.WaitAsync("worker-1", "it's/tokn");
        await using var page = await OpenAsync(browser, deployment);
        await page.Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);

        var node = page.Page.Locator("[data-wanted]");
        await HasAsync(node, "The key has not been stored yet.");
        await HasAsync(node, "Nearest existing key: it's/token");
        await CountAsync(page.Page.Locator(".graph > svg path"), 1);
        await HasAsync(page.Page.Locator("[data-machine]"), "worker-1");
        await node.GetByRole(AriaRole.Button).ClickAsync();

        await HasAsync(node, "Copied");
        Assert.Equal(
            @"goterra-cli get --no-wait 'it'\''s/token' | goterra-cli put 'it'\''s/tokn' -",
            await page.Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [FactWith("chromium")]
    public async Task Timeline_KeysAndPointer_ZoomPanAndTellAll()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.WaitAsync("worker-1", "join_token");
        await machines.StartAsync("worker-2", "install");
        await machines.PutAsync("worker-2", "leader?ttl=30m", "worker-2");
        await using var page = await OpenAsync(browser, deployment);
        var lane = page.Page.Locator("[data-lane='worker-1']");
        await HasAsync(lane, "waits for join_token");
        await HasAsync(page.Page.Locator("[data-lane='worker-2']"), "runs install");
        await ShowsAsync(page.Page.Locator("[data-lane='worker-2'] .bar-run"));
        await CountAsync(page.Page.Locator("[data-lane='worker-2'] .bar-lease"), 1);

        await lane.Locator(".bar-open").HoverAsync();
        await HasAsync(page.Page.GetByRole(AriaRole.Tooltip), "Waits for join_token");
        await HasAsync(page.Page.GetByRole(AriaRole.Tooltip), "gives up at");

        // The keyboard alone: the lanes are one stop, the arrows lead to the others.
        var span = page.Page.Locator("#timeline .span");
        var before = await span.InnerTextAsync();
        await page.Button("All: show everything (key 0)").FocusAsync();
        for (var stops = 0; stops < 5 && await page.Page.Locator(".lane:focus").CountAsync() == 0; stops++)
            await page.Page.Keyboard.PressAsync("Tab");
        await HasAsync(page.Page.Locator(".lane:focus"), "worker-1");
        await HasAsync(page.Page.Locator(".lane-details"), "Waits for join_token");
        await page.Page.Keyboard.PressAsync("ArrowDown");
        await HasAsync(page.Page.Locator(".lane:focus"), "worker-2");
        await page.Page.Keyboard.PressAsync("-");
        await Assertions.Expect(span).Not.ToHaveTextAsync(before, new() { Timeout = Limit });
        var zoomed = await span.InnerTextAsync();
        await page.Page.Keyboard.PressAsync("+");
        await Assertions.Expect(span).Not.ToHaveTextAsync(zoomed, new() { Timeout = Limit });
    }

    [FactWith("chromium")]
    public async Task Keys_Value_IsInTheDocumentWhileItIsRevealed()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.PutAsync("master", "token", "CANARY <b>");
        await machines.PutAsync("master", "leader?ttl=30m", "master");
        await machines.StartAsync("m-1", "install");
        await machines.EndAsync("m-1", "install", 3, "LOG-CANARY: no disk\n");
        await using var page = await OpenAsync(browser, deployment);
        await HasAsync(page.Page.Locator("[data-key='leader']"), new Regex(@"lease, \d+ min"));
        await HasAsync(page.Page.Locator("#key-count"), "2 keys, and 5 keys of run folded into their apps");
        var app = page.Page.Locator("[data-app='install_m-1']");
        await HasAsync(app, "install on m-1, exit code 3");
        Assert.DoesNotContain("CANARY", await page.SourceAsync(), StringComparison.Ordinal);

        var row = page.Page.Locator("[data-key='token']");
        await row.GetByRole(AriaRole.Button).ClickAsync();
        await HasAsync(row.Locator("pre"), "CANARY <b>");
        await app.GetByRole(AriaRole.Button).ClickAsync();
        await HasAsync(app.Locator("pre"), "LOG-CANARY: no disk");
        await row.GetByRole(AriaRole.Button, new() { Name = "Hide" }).ClickAsync();
        await app.GetByRole(AriaRole.Button, new() { Name = "Hide" }).ClickAsync();

        await CountAsync(page.Page.Locator("pre"), 0);
        Assert.DoesNotContain("CANARY", await page.SourceAsync(), StringComparison.Ordinal);
    }

    [FactWith("chromium")]
    public async Task Stream_ConnectionLost_SaysSoAndGoesOn()
    {
        await using var server = await RunningServer.StartAsync();
        await using var proxy = await PrefixProxy.StartAsync(server.Address);
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await using var page = await OpenAsync(browser, proxy.Url);
        await page.EnterAsync(deployment.Id, deployment.Token);

        await proxy.GoDownAsync();
        await HasAsync(page.Live, "Not live: reconnecting, as of");
        await ShowsAsync(page.Page.Locator("#summary .notice"));
        await machines.PutAsync("m-1", "meanwhile", "v");
        proxy.ComeBack();

        await page.IsLiveAsync();
        await HidesAsync(page.Page.Locator("#summary .notice"));
        await CountAsync(page.Page.Locator("#events tr[data-type='put']"), 1);
        await HasAsync(page.Page.Locator("[data-key='meanwhile']"), "1 B");
        await deployment.DeleteAsync();
        await HasAsync(page.Live, "Deployment gone");
        Assert.Empty(page.Errors);
    }

    [FactWith("chromium")]
    public async Task Events_SecurityAndTickets_ShowMisuse()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        var ticket = await machines.TicketAsync(new { name = "worker-1", read = new[] { "join_token" } });
        Assert.Equal(200, await machines.RedeemAsync(ticket, 'a'));
        Assert.Equal(410, await machines.RedeemAsync(ticket, 'b'));
        await using var page = await OpenAsync(browser, deployment);

        await HasAsync(page.Summary, "The ticket worker-1 was tried by a second machine, from 127.0.0.1");
        var row = page.Page.Locator("[data-ticket]");
        await HasAsync(row, "Misused from 1 address");
        await HasAsync(row, "reads join_token");
        await page.Button("Security").ClickAsync();
        await HasAsync(page.Page.Locator("#event-count"), "3 events");
        await HasAsync(page.Page.Locator("#events"), "ticket misused");
        await HasAsync(page.Page.Locator("#scope"), new Regex(@"Token: full access, 23 h \d+ min left"));

        await row.GetByRole(AriaRole.Button).ClickAsync();
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Revoke the ticket" }).ClickAsync();
        await HasAsync(page.Page.Locator("#access"), "No tickets.");
    }
}
