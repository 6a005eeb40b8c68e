using System.Text.Json;
using Microsoft.Playwright;
using static Goterra.Tests.EndToEnd.Ui.LivePage;

namespace Goterra.Tests.EndToEnd.Ui;

public sealed partial class LivePageTests
{
    private const string Markup = "<img src=x onerror=alert(1)><script>alert(2)</script>";
    private const string Bidi = "\u202Ekcats\u202C\u2066\u200B";

    [FactWith("chromium")]
    public async Task Show_MarkupBidiAndLongNames_DoNothing()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync(new { name = Markup + Bidi });
        var machines = new Machines(server, deployment);
        var longest = new string('W', 400);
        string[] keys =
            [Markup, "no-break\u00A0space", longest, "a'\"><svg onload=alert(3)>", "javascript:alert(4)"];
        foreach (var key in keys)
            await machines.PutAsync("<b>m</b>", Uri.EscapeDataString(key), Markup);
        await machines.FailAsync(Markup, Markup + Bidi + new string('x', 1500));
        await machines.FailAsync(longest, "r");
        await machines.ResumeAsync(longest);
        var ticket = await machines.TicketAsync(new { name = "<i onclick=alert(5)>" + Bidi, full = true });
        await machines.RedeemAsync(ticket, 'a');
        await machines.RedeemAsync(ticket, 'b');
        await machines.StartAsync("m", "x");
        await machines.PutAsync(
            "m", "_run_app_x_m",
            JsonSerializer.Serialize(new { state = Markup, name = Markup, host = Bidi, exit_code = 1 }));
        await deployment.PostAsync("resume");
        await machines.WaitAsync("<u>" + new string('n', 200), Uri.EscapeDataString(Markup + "x"));
        await machines.WaitAsync("<s>m", "?filter=" + Uri.EscapeDataString("<img/>/") + "&count=2");

        var page = await OpenAsync(browser, deployment.Server);
        await using var owned = page;
        var dialogs = 0;
        page.Page.Dialog += (_, dialog) =>
        {
            dialogs++;
            _ = dialog.DismissAsync();
        };
        await page.EnterAsync(deployment.Id, deployment.Token);
        await HasAsync(page.Summary, Markup + "x");
        await HasAsync(page.Page.Locator("#access"), "<i onclick=alert(5)>\\u{202e}kcats");
        await HasAsync(page.Page.Locator(".app"), Markup);
        for (var shown = 1; shown <= 5; shown++)
        {
            await page.Page.GetByRole(AriaRole.Button, new() { Name = "Reveal" }).First.ClickAsync();
            await CountAsync(page.Page.Locator("pre"), shown);
        }

        await page.Page.Locator(".lane").First.FocusAsync();
        await Browser.KeepAsync(page.Page, "hostile-light");

        await CountAsync(
            page.Page.Locator("img[src=x], main b:not(.name b, .machine b), main script, main u, main i, main s"), 0);
        Assert.Equal(0, dialogs);
        Assert.DoesNotMatch("[\u202E\u2066\u200B]", await page.Page.Locator("body").InnerTextAsync());
        Assert.False(await page.Page.EvaluateAsync<bool>(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"));
        Assert.Empty(page.Errors);
    }

    [FactWith("chromium")]
    public async Task Show_TenThousandCharacters_AreCut()
    {
        await using var server = await RunningServer.StartAsync();
        await using var proxy = await PrefixProxy.StartAsync(server.Address);
        var deployment = await server.CreateAsync();
        await using var page = await OpenAsync(browser, proxy.Url);

        // Longer than the server would let them be.
        var text = new string('<', 10_000);
        var listing = JsonSerializer.Serialize(new
        {
            type = "snapshot",
            more = false,
            state = "failed",
            revision = 1,
            time = "2030-01-01T00:00:00Z",
            keys = new[]
            {
                new { key = text, size = 1, revision = 1, updated = "2030-01-01T00:00:00Z", client = text },
            },
            waiting = new[] { new { key = text, since = "2030-01-01T00:00:00Z", client = $"1.2.3.4 {text}" } },
            hints = Array.Empty<string>(),
        });
        await page.Page.RouteAsync($"**/store/{deployment.Id}", route => route.FulfillAsync(new()
        {
            ContentType = "text/event-stream",
            Body = $"event: snapshot\ndata: {listing}\n\nid: 1\nevent: failed\ndata: "
                + JsonSerializer.Serialize(
                    new { type = "failed", time = "2030-01-01T00:00:00Z", reason = text, source = text })
                + "\n\n",
        }));
        await page.Page.GetByLabel("Deployment").FillAsync(deployment.Id);
        await page.Page.GetByLabel("Token").FillAsync(deployment.Token);
        await page.Button("Show what it waits for").ClickAsync();

        await HasAsync(page.Summary, "<<<…");
        Assert.DoesNotContain(
            new string('<', 400), await page.Page.Locator("body").InnerTextAsync(), StringComparison.Ordinal);
        Assert.False(await page.Page.EvaluateAsync<bool>(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"));
        Assert.Empty(page.Errors);
    }
}
