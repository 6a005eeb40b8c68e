using Serilog.Core;
using Serilog.Events;

namespace Goterra.Api.Hosting;

/// <summary>
/// Escapes control characters in the properties of log events, for logs in text format: they may end up on a terminal,
/// which obeys them, and a line break would forge a line. The framework logs decoded paths.
/// </summary>
internal sealed class ControlCharacters : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        List<LogEventProperty>? escaped = null;
        foreach (var (name, value) in logEvent.Properties)
        {
            if (value is ScalarValue { Value: { } inner } && inner is not ValueType
                && inner.ToString() is { } text && text.Any(char.IsControl))
                (escaped ??= []).Add(new LogEventProperty(name, new ScalarValue(Escape(text))));
        }

        foreach (var property in escaped ?? [])
            logEvent.AddOrUpdateProperty(property);
    }

    private static string Escape(string text) => string.Concat(text.Select(character =>
        char.IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString()));
}
