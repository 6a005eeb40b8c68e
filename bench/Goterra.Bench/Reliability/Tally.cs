namespace Goterra.Bench.Reliability;

/// <summary>Counts requests and errors, and keeps the first errors. Thread-safe.</summary>
internal sealed class Tally
{
    private const int MaxKept = 20;

    private readonly Lock _lock = new();
    private readonly List<string> _errors = [];
    private long _requests;
    private long _errorCount;

    public long Requests => Interlocked.Read(ref _requests);

    public long ErrorCount => Interlocked.Read(ref _errorCount);

    /// <summary>The first errors, at most 20.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_lock)
                return [.. _errors];
        }
    }

    public void Request() => Interlocked.Increment(ref _requests);

    public void Error(string what)
    {
        Interlocked.Increment(ref _errorCount);
        lock (_lock)
            if (_errors.Count < MaxKept)
                _errors.Add($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {what}");
    }
}
