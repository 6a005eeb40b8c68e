using Microsoft.Playwright;

namespace Goterra.Tests.Support;

/// <summary>Debian's Chromium, driven by Playwright. Started by the first test that needs it.</summary>
public sealed class Browser : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>The most that a busy machine may take.</summary>
    private const float Timeout = 120_000;

    /// <summary>Where the pictures of the tests are.</summary>
    private static string Pictures { get; } =
        Directory.CreateDirectory(SourceTree.PathOf("artifacts/live-page")).FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.CloseAsync();
        _playwright?.Dispose();
    }

    /// <summary>A new profile with one empty page.</summary>
    /// <param name="options">Size, colors and the like.</param>
    public async Task<IPage> NewPageAsync(BrowserNewContextOptions? options = null)
    {
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Programs.Find("chromium"),
            Args = ["--no-sandbox", "--disable-dev-shm-usage"], // root in a container
            Timeout = Timeout,
        });
        var context = await _browser.NewContextAsync(
            options ?? new BrowserNewContextOptions { ViewportSize = new() { Width = 1280, Height = 900 } });
        context.SetDefaultTimeout(Timeout);
        return await context.NewPageAsync();
    }

    /// <summary>Keeps a picture for people.</summary>
    public static Task KeepAsync(IPage page, string name) =>
        page.ScreenshotAsync(
            new PageScreenshotOptions { Path = Path.Combine(Pictures, $"{name}.png"), FullPage = true });
}
