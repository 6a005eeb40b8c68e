using Microsoft.Playwright;
using static Goterra.Tests.EndToEnd.Ui.LivePage;

namespace Goterra.Tests.EndToEnd.Ui;

public sealed partial class LivePageTests
{
    [FactWith("chromium")]
    public async Task Actions_FullCredential_ChangeTheDeployment()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync(new { name = "prod" });
        var machines = new Machines(server, deployment);
        var wait = await machines.WaitAsync("worker-1", "a/k");
        await using var page = await OpenAsync(browser, deployment);

        await ActAsync(page, "Put a value", "Put", ("Key", "a/k"), ("Value", "v\nw"));
        Assert.Equal(200, (await (Task<Reply>)wait).Status);
        Assert.Equal("v\nw", (await deployment.GetAsync("a/k?raw")).Text);
        await HasAsync(page.Page.Locator("[data-key='a/k']"), "live page");

        await ActAsync(page, "Declare failed", "Declare failed", ("Reason", "no disk"), ("Source", "db-1"));
        await HasAsync(page.Summary, "db-1 reported FAILED");
        await page.Button("Resume Clear failures.").ClickAsync();
        await page.Dialog.GetByLabel("Source").SelectOptionAsync("db-1");
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Resume" }).ClickAsync();
        await HidesAsync(page.Summary.GetByText("no disk"));

        await ActAsync(page, "Remove a key", "Remove", ("Key", "a/k"));
        await CountAsync(page.Page.Locator("[data-key='a/k']"), 0);
        Assert.Equal(404, (await deployment.GetAsync("a/k")).Status);

        await ActAsync(page, "Put a value", "Put", ("Key", "bad/../key"));
        await HasAsync(page.Dialog.GetByRole(AriaRole.Alert), "A segment of a key must not be");
        await page.Page.Keyboard.PressAsync("Escape");
        await CountAsync(page.Dialog, 0);
    }

    [FactWith("chromium")]
    public async Task Actions_NewTicket_ComesWithUserData()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        await using var page = await OpenAsync(browser, deployment);

        await ActAsync(
            page, "New ticket", "Create ticket", ("Machine", "worker-1"), ("Valid for", "1h"),
            ("May read", "join_token nodes/*"));

        var ticket = await page.Dialog.Locator("pre").First.InnerTextAsync();
        var userData = await page.Dialog.Locator("#user-data").InnerTextAsync();
        Assert.StartsWith("#cloud-config\n", userData, StringComparison.Ordinal);
        Assert.Contains($"GOT_TICKET={ticket}\n", userData, StringComparison.Ordinal);
        Assert.Contains($"GOT_URL={server.Address.AbsoluteUri.TrimEnd('/')}\n", userData, StringComparison.Ordinal);
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await HasAsync(page.Page.Locator("[data-ticket]"), "reads join_token nodes/*");
        Assert.DoesNotContain(ticket, await page.SourceAsync(), StringComparison.Ordinal);
        Assert.Equal(200, await new Machines(server, deployment).RedeemAsync(ticket, 'a'));
        await HasAsync(page.Page.Locator("[data-ticket]"), "Redeemed");
    }

    [FactWith("chromium")]
    public async Task Actions_RevokeAndDelete_AskFirst()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync(new { name = "prod" });
        await using var page = await OpenAsync(browser, deployment);

        await page.Button("Revoke End all tokens and tickets.").ClickAsync();
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        Assert.Equal(200, (await deployment.GetAsync("")).Status);
        await page.Button("Revoke End all tokens and tickets.").ClickAsync();
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Revoke everything" }).ClickAsync();
        var token = await page.Dialog.Locator("pre").InnerTextAsync();
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        Assert.Equal(401, (await deployment.GetAsync("")).Status);
        var renewed = server.Open(deployment.Id, token);
        Assert.Equal(200, (await renewed.PutAsync("k", "v")).Status);
        await page.IsLiveAsync();
        await HasAsync(page.Page.Locator("[data-key='k']"), "1 B");

        await page.Button("Delete Remove the deployment with its data.").ClickAsync();
        var confirm = page.Dialog.GetByRole(AriaRole.Button, new() { Name = "Delete the deployment" });
        await Assertions.Expect(confirm).ToBeDisabledAsync();
        await page.Dialog.GetByLabel("To confirm, type prod").FillAsync("prod");
        await confirm.ClickAsync();
        await HasAsync(page.Live, "Deployment gone");
        Assert.Equal(410, (await renewed.GetAsync("")).Status);
        Assert.Empty(page.Errors);
    }

    private static async Task ActAsync(
        LivePage page, string action, string confirm, params (string Label, string Value)[] fields)
    {
        await page.Page.Locator("#actions button").Filter(new() { HasText = action }).ClickAsync();
        foreach (var (label, value) in fields)
            await page.Dialog.GetByLabel(label).FillAsync(value);
        await page.Dialog.GetByRole(AriaRole.Button, new() { Name = confirm, Exact = true }).ClickAsync();
        if (!fields.Contains(("Key", "bad/../key")) && action != "New ticket")
            await CountAsync(page.Dialog, 0);
    }
}
