using System.Text;
using Goterra.Api.Hosting;
using Microsoft.Extensions.Time.Testing;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Display;
using Serilog.Parsing;

namespace Goterra.Tests.Unit.Hosting;

[Trait("Category", "Unit")]
public sealed class BufferedOutputTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryStream _written = new();
    private readonly BufferedOutput _output;

    public BufferedOutputTests()
    {
        _output = new BufferedOutput(_written, new MessageTemplateTextFormatter("{Message:lj} ", null), _time);
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private string Written => Encoding.UTF8.GetString(_written.ToArray());

    [Fact]
    public void Emit_AfterAPause_WritesAtOnce()
    {
        Emit("a");
        Assert.Equal("a ", Written);
    }

    [Fact]
    public void Emit_RightAfterAnother_WritesWithinATenthOfASecond()
    {
        Emit("a");
        Emit("b");
        Emit("c");
        Assert.Equal("a ", Written);

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal("a b c ", Written);
    }

    [Fact]
    public void Emit_AWarning_WritesItAndAllBefore()
    {
        Emit("a");
        Emit("b");
        Emit("c", LogEventLevel.Warning);
        Assert.Equal("a b c ", Written);
    }

    [Fact]
    public void Dispose_WithLinesPending_WritesThem()
    {
        Emit("a");
        Emit("b");
        _output.Dispose();
        Assert.Equal("a b ", Written);
    }

    [Fact]
    public void Emit_MoreThanABlock_WritesItBeforeTheTime()
    {
        Emit("a");
        Emit(new string('b', 100_000));
        Assert.True(_written.Length > 60_000);
    }

    public void Dispose()
    {
        _output.Dispose();
        _written.Dispose();
    }

    private void Emit(string message, LogEventLevel level = LogEventLevel.Information) =>
        ((ILogEventSink)_output).Emit(
            new LogEvent(_time.GetUtcNow(), level, null, new MessageTemplateParser().Parse(message), []));
}
