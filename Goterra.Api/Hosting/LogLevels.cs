using Serilog.Core;
using Serilog.Events;

namespace Goterra.Api.Hosting;

/// <summary>The lowest level that is logged. It can change while the server runs.</summary>
internal sealed class LogLevels
{
    public LogLevels(LogEventLevel level) => Level = level;

    /// <summary>For this server's own entries.</summary>
    public LoggingLevelSwitch Own { get; } = new();

    /// <summary>For those of ASP.NET Core, which are many.</summary>
    public LoggingLevelSwitch Framework { get; } = new();

    public LogEventLevel Level
    {
        get => Own.MinimumLevel;
        set
        {
            Own.MinimumLevel = value;
            Framework.MinimumLevel = value < LogEventLevel.Information ? value : LogEventLevel.Warning;
        }
    }
}
