using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Goterra.Tests.EndToEnd.Ui.LivePage;

namespace Goterra.Tests.EndToEnd.Ui;

public sealed partial class LivePageTests
{
    [TheoryWith("chromium")]
    [InlineData("light", 1280, 900)]
    [InlineData("dark", 1280, 900)]
    [InlineData("phone", 390, 844)]
    public async Task Page_EveryLook_IsAccessible(string look, int width, int height)
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync(new { name = "prod-cluster" });
        var machines = new Machines(server, deployment);
        await machines.PutAsync("master-1", "join_token", "K10");
        await machines.PutAsync("master-1", "leader?ttl=30m", "master-1");
        await machines.PutAsync("worker-1", "nodes/worker-1", "10.0.0.5");
        await machines.StartAsync("master-1", "k3s-server");
        await machines.EndAsync("master-1", "k3s-server", 0, "ok\n");
        await machines.StartAsync("db-1", "kubeadm");
        await machines.EndAsync("db-1", "kubeadm", 1, "Port 6443 is in use\n");
        var ticket = await machines.TicketAsync(new { name = "worker-2", read = new[] { "join_token" } });
        await machines.RedeemAsync(ticket, 'a');
        await machines.RedeemAsync(ticket, 'b');
        await machines.FailAsync("db-1", "kubeadm init exited 1");
        await machines.ResumeAsync("db-1");
        foreach (var worker in (string[])["worker-1", "worker-2", "worker-3"])
            await machines.WaitAsync(worker, "join_tokn");
        await machines.WaitAsync("master-1", "?filter=nodes/&count=3");
        await using var page = await OpenAsync(browser, deployment.Server, new BrowserNewContextOptions
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = look == "dark" ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        await Browser.KeepAsync(page.Page, $"entry-{look}");
        await HasNoViolationsAsync(page);

        await page.EnterAsync(deployment.Id, deployment.Token);
        await HasAsync(page.Summary, "3 machines wait for join_tokn");
        await HasAsync(page.Page.Locator("[data-ticket]"), "Misused");
        await HasAsync(page.Page.Locator("[data-app='kubeadm_db-1']"), "exit code 1");
        await page.Page.Locator("[data-app='kubeadm_db-1']").GetByRole(AriaRole.Button).ClickAsync();
        await HasAsync(page.Page.Locator("pre"), "6443");
        await Browser.KeepAsync(page.Page, $"deployment-{look}");
        await HasNoViolationsAsync(page);
        Assert.False(await page.Page.EvaluateAsync<bool>(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"));

        await page.Page.Locator("#actions button").Filter(new() { HasText = "New ticket" }).ClickAsync();
        await ShowsAsync(page.Dialog);
        await HasNoViolationsAsync(page);
    }

    [FactWith("chromium")]
    public async Task Page_Printed_HasEverythingButControls()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.WaitAsync("worker-1", "join_token");
        await using var page = await OpenAsync(browser, deployment);
        await HasAsync(page.Summary, "worker-1 waits for join_token");

        await page.Page.EmulateMediaAsync(new() { Media = Media.Print });

        await HidesAsync(page.Page.Locator("#actions"));
        await HidesAsync(page.Button("Sign out"));
        await ShowsAsync(page.Summary);
        await ShowsAsync(page.Page.Locator("[data-lane='worker-1']"));
        await Browser.KeepAsync(page.Page, "print");
    }

    [FactWith("chromium")]
    public async Task Page_KeyboardAlone_LeadsToTheDeployment()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await new Machines(server, deployment).PutAsync("m", "k", "the value");
        await using var page = await OpenAsync(browser, deployment.Server);

        await page.Page.Keyboard.InsertTextAsync(deployment.Id);
        await page.Page.Keyboard.PressAsync("Tab");
        await page.Page.Keyboard.InsertTextAsync(deployment.Token);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.IsLiveAsync();
        var reveal = page.Button("Reveal: k");
        await ShowsAsync(reveal);
        const string HasFocus = "it => it === document.activeElement";
        for (var stops = 0; stops < 60 && !await reveal.EvaluateAsync<bool>(HasFocus); stops++)
            await page.Page.Keyboard.PressAsync("Tab");
        await page.Page.Keyboard.PressAsync("Enter");

        await HasAsync(page.Page.Locator("[data-key='k'] pre"), "the value");
    }

    [FactWith("chromium")]
    public async Task Page_FiveHundredMachinesAndManyEvents_AreWindowed()
    {
        const int Count = 500;
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        for (var number = 0; number < Count; number++)
            _ = deployment.GetAsync(
                $"{(number % 2 == 0 ? "join_token" : "address")}?wait=10m", ("X-Client-Name", $"node-{number:000}"));
        await server.WaitersAsync(Count);
        await using var page = await OpenAsync(browser, deployment);
        await HasAsync(page.Summary, "250 machines wait for join_token");
        await HasAsync(page.Page.Locator("#lane-count"), "500 machines");

        for (var number = 0; number < 1500; number++)
            await deployment.PutAsync($"nodes/{number % 300}", "v", ("X-Client-Name", $"node-{number % Count:000}"));

        await HasAsync(page.Page.Locator("#event-count"), "1,501 events");
        await CountAsync(page.Page.Locator("#events tbody tr"), 50);
        await HasAsync(page.Page.Locator("#key-count"), "300 keys");
        await CountAsync(page.Page.Locator("#keys tbody tr"), 50);
        Assert.InRange(await page.Page.Locator(".lane").CountAsync(), 5, 40);
        Assert.InRange(await page.Page.Locator("*").CountAsync(), 100, 8000);
        await page.Page.GetByLabel("Filter machines").FillAsync("node-499");
        await CountAsync(page.Page.Locator(".lane"), 1);
        await Browser.KeepAsync(page.Page, "many-light");
        Assert.Empty(page.Errors);
        await deployment.DeleteAsync();
    }

    private static async Task HasNoViolationsAsync(LivePage page)
    {
        var result = await page.Page.RunAxe(new AxeRunOptions());
        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(violation =>
            $"{violation.Id}: {violation.Help}: "
            + $"{string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}")));
    }
}
