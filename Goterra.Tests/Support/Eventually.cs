namespace Goterra.Tests.Support;

/// <summary>Waits for what comes about by itself; a minute is the most that a busy machine may take for it.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    public static async Task Async(Func<Task<bool>> holds)
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var pause = 1; !await holds(); pause = Math.Min(2 * pause, 200))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, "It did not come about within a minute.");
            await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System);
        }
    }
}
