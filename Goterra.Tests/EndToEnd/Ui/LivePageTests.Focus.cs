using Microsoft.Playwright;
using static Goterra.Tests.EndToEnd.Ui.LivePage;

namespace Goterra.Tests.EndToEnd.Ui;

public sealed partial class LivePageTests
{
    /// <summary>What is wrong with the frame of the control that has the focus; null if it can be seen.</summary>
    private const string FrameProblem =
        """
        () => {
          const it = document.activeElement;
          if (!it || it === document.body) return '';
          const name = it.outerHTML.slice(0, 120);
          const style = getComputedStyle(it);
          const width = parseFloat(style.outlineWidth);
          if (style.outlineStyle === 'none' || width < 2) return `${name}: no frame`;
          const reach = width + parseFloat(style.outlineOffset);
          const own = it.getBoundingClientRect();
          for (let box = it.parentElement; box && box !== document.body; box = box.parentElement) {
            const { overflowX, overflowY } = getComputedStyle(box);
            if (overflowX === 'visible' && overflowY === 'visible') continue;
            const outer = box.getBoundingClientRect();
            if (own.left - reach < outer.left - 0.5 || own.right + reach > outer.right + 0.5)
              return `${name}: cut off by ${box.outerHTML.slice(0, 60)}`;
          }
          return null;
        }
        """;

    [TheoryWith("chromium")]
    [InlineData(1280)]
    [InlineData(390)]
    public async Task Page_EachControlWithTheFocus_HasAFrameThatIsNotCutOff(int width)
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.PutAsync("m", "k", "v");
        await machines.StartAsync("db-1", "kubeadm");
        await machines.EndAsync("db-1", "kubeadm", 1, "Port 6443 is in use\n");
        await machines.TicketAsync(new { name = "worker-2", read = new[] { "k" } });
        await machines.WaitAsync("worker-1", "kk");
        await using var page = await OpenAsync(
            browser, deployment, new BrowserNewContextOptions { ViewportSize = new() { Width = width, Height = 900 } });
        await HasAsync(page.Summary, "worker-1 waits for kk");
        await HasAsync(page.Page.Locator("[data-ticket]"), "worker-2");

        var seen = 0;
        for (; seen < 150; seen++)
        {
            await page.Page.Keyboard.PressAsync("Tab");
            var problem = await page.Page.EvaluateAsync<string?>(FrameProblem);
            if (problem?.Length == 0 && seen > 0)
                break;
            Assert.Null(problem);
        }

        Assert.InRange(seen, 30, 149);
    }

    [FactWith("chromium")]
    public async Task Link_FailedRunAndEndedWait_AreShownWithoutValues()
    {
        await using var server = await RunningServer.StartAsync();
        var deployment = await server.CreateAsync();
        var machines = new Machines(server, deployment);
        await machines.StartAsync("db-1", "kubeadm");
        await machines.EndAsync("db-1", "kubeadm", 1, "Port 6443 is in use\n");
        await machines.StartAsync("web-1", "nginx");
        await machines.EndAsync("web-1", "nginx", 0, "ok\n");
        Assert.Equal(404, (await deployment.GetAsync("never?wait=1s", ("X-Client-Name", "worker-1"))).Status);
        await Eventually.Async(async () =>
            (await deployment.GetAsync("?values=false&waits=ended")).Json.GetProperty("ended").GetArrayLength() == 1);
        var token = (await deployment.PostAsync("token", """{"observe":true}""")).Json.GetProperty("token").GetString();

        await using var page = await OpenAsync(browser, server.Open(deployment.Id, token ?? ""));

        await HasAsync(page.Summary, "kubeadm on db-1 failed, ");
        await HasAsync(page.Page.Locator("[data-app='kubeadm_db-1']"), "Failed");
        await HasAsync(page.Page.Locator("[data-app='nginx_web-1']"), "Done");
        var wait = page.Page.Locator("#events [data-type='woken']");
        await CountAsync(wait, 1);
        await HasAsync(wait, "timed out");
        await HasAsync(wait, "never");
        await ShowsAsync(page.Page.Locator("[data-lane='worker-1']"));
        Assert.Empty(page.Errors);
    }
}
