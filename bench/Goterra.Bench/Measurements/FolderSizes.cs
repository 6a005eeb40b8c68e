namespace Goterra.Bench.Measurements;

/// <summary>The size of the embedded store's data folder in bytes.</summary>
/// <param name="Log">The write-ahead log of the database.</param>
/// <param name="WithoutLog">All other files.</param>
internal sealed record FolderSizes(long Total, long Log, long WithoutLog)
{
    private const string LogFile = "goterra.db-wal";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes samples until it is stopped.</summary>
    /// <returns>The largest that each number has been, each for itself.</returns>
    public static Task<FolderSizes> WatchAsync(string folder, CancellationToken stop) => Task.Run(
        async () =>
        {
            using var timer = new PeriodicTimer(Interval, TimeProvider.System);
            var largest = Of(folder);
            try
            {
                while (await timer.WaitForNextTickAsync(stop))
                    largest = Max(largest, Of(folder));
            }
            catch (OperationCanceledException)
            {
                // Stopped.
            }

            return Max(largest, Of(folder));
        },
        CancellationToken.None);

    public static FolderSizes Of(string folder)
    {
        long total = 0, log = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            // A file may be deleted after it was listed. Length does not throw then: it uses what Exists has read.
            var length = file.Exists ? file.Length : 0;
            total += length;
            if (file.Name == LogFile)
                log = length;
        }

        return new FolderSizes(total, log, total - log);
    }

    private static FolderSizes Max(FolderSizes one, FolderSizes other) =>
        new(Math.Max(one.Total, other.Total), Math.Max(one.Log, other.Log), Math.Max(one.WithoutLog, other.WithoutLog));
}
