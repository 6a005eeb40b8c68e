using Goterra.Tests.Api;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Docs;

/// <summary>The lines of docs/waiting.md, typed in from top to bottom.</summary>
public sealed class WaitingDocumentTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [FactWith("bash", "curl")]
    public async Task Lines_TypedIn_DoWhatTheTextSays()
    {
        var output = await TypedDocument.RunAsync("docs/waiting.md", fixture.Server.Address);

        string[] expected =
        [
            "K10abc", "K10def", "\"nodes/b\":\"10.0.0.3\"", "\"reason\":\"worker-2 has no disk\"", "\"message\":\"resumed\"", "\"key\":\"failed/worker-2\"",
            "\"waiting\":[]", "retry: 1000",
        ];
        Assert.All(expected, text => Assert.Contains(text, output, StringComparison.Ordinal));
    }
}
