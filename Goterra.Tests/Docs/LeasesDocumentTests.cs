using Goterra.Tests.Api;
using Goterra.Tests.Hosting;

namespace Goterra.Tests.Docs;

/// <summary>The lines of docs/leases.md, typed in from top to bottom.</summary>
public sealed class LeasesDocumentTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    [FactWith("bash", "curl")]
    public async Task Lines_TypedIn_DoWhatTheTextSays()
    {
        var output = await TypedDocument.RunAsync("docs/leases.md", fixture.Server.Address);

        // Taken and renewed under one revision; refused; written with the fence; over, which raised the revision; taken again; the old fence; the address.
        string[] expected =
        [
            "\"revision\":1,\"expires\":", "\"revision\":1,\"expires\":", "is a lease until", "\"revision\":2", "\"status\":404", "\"revision\":4,\"expires\":",
            "\"status\":412", "10.0.0.2",
        ];
        var at = 0;
        Assert.All(expected, text =>
        {
            var found = output.IndexOf(text, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"{text} is not in what follows: {output[at..]}");
            at = found + text.Length;
        });
    }
}
