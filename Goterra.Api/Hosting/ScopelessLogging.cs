using Serilog.Extensions.Logging;

namespace Goterra.Api.Hosting;

/// <summary>
/// Serilog without scopes. The framework opens one for each connection and each action; what is in them is nowhere in our log, but each hangs in an
/// AsyncLocal that every task of the request carries on, and stays in memory as long as a wait does.
/// </summary>
internal sealed class ScopelessLogging(Serilog.ILogger logger) : ILoggerFactory
{
    private readonly SerilogLoggerFactory _serilog = new(logger, dispose: true);

    public ILogger CreateLogger(string categoryName) => new Logger(_serilog.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => _serilog.AddProvider(provider);

    public void Dispose() => _serilog.Dispose();

    private sealed class Logger(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logger.Log(logLevel, eventId, state, exception, formatter);
    }
}
