using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Goterra.Tests.EndToEnd.Ui;

/// <summary>The live page, as somebody sees it who uses it.</summary>
internal sealed class LivePage : IAsyncDisposable
{
    public const float Limit = 120_000;

    private LivePage(IPage page) => Page = page;

    public IPage Page { get; }

    /// <summary>Errors of scripts, and violations of the page's policy.</summary>
    public List<string> Errors { get; } = [];

    public ILocator Summary => Page.Locator("#summary-lines");

    public ILocator Live => Page.Locator("#live");

    public static async Task<LivePage> OpenAsync(Browser browser, Uri server, BrowserNewContextOptions? options = null)
    {
        var page = new LivePage(await browser.NewPageAsync(options));
        page.Page.PageError += (_, error) => page.Errors.Add(error);
        page.Page.Console += (_, message) =>
        {
            if (message.Type == "error"
                && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                page.Errors.Add(message.Text);
        };
        await page.Page.GotoAsync(new Uri(server, "store/-/ui/").AbsoluteUri);
        return page;
    }

    /// <summary>Opens the page of a deployment with its token.</summary>
    public static async Task<LivePage> OpenAsync(
        Browser browser, TestDeployment deployment, BrowserNewContextOptions? options = null)
    {
        var page = await OpenAsync(browser, deployment.Server, options);
        await page.EnterAsync(deployment.Id, deployment.Token);
        return page;
    }

    public async Task EnterAsync(string id, string token)
    {
        await Page.GetByLabel("Deployment").FillAsync(id);
        await Page.GetByLabel("Token").FillAsync(token);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Show what it waits for" }).ClickAsync();
        await IsLiveAsync();
    }

    public Task IsLiveAsync() => HasAsync(Live, "Live");

    public static Task HasAsync(ILocator place, string text) => Assertions.Expect(place).ToContainTextAsync(
        text, new LocatorAssertionsToContainTextOptions { Timeout = Limit });

    public static Task HasAsync(ILocator place, Regex text) => Assertions.Expect(place).ToContainTextAsync(
        text, new LocatorAssertionsToContainTextOptions { Timeout = Limit });

    public static Task CountAsync(ILocator place, int count) => Assertions.Expect(place).ToHaveCountAsync(
        count, new LocatorAssertionsToHaveCountOptions { Timeout = Limit });

    public static Task ShowsAsync(ILocator place) => Assertions.Expect(place).ToBeVisibleAsync(
        new LocatorAssertionsToBeVisibleOptions { Timeout = Limit });

    public static Task HidesAsync(ILocator place) => Assertions.Expect(place).ToBeHiddenAsync(
        new LocatorAssertionsToBeHiddenOptions { Timeout = Limit });

    public ILocator Button(string name, bool exact = true) =>
        Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = exact });

    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog);

    /// <summary>The document as it is now, with what was typed.</summary>
    public Task<string> SourceAsync() => Page.EvaluateAsync<string>("document.documentElement.outerHTML");

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
