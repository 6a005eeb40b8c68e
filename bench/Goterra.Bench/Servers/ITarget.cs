using System.Net;

namespace Goterra.Bench.Servers;

/// <summary>Something that keeps small values, or pretends to, and speaks HTTP.</summary>
internal interface ITarget : IDisposable
{
    string Name { get; }

    IPEndPoint EndPoint { get; }

    /// <summary>What its process has taken of the processors so far.</summary>
    TimeSpan ProcessorTime { get; }

    /// <summary>Reads a value that has been stored.</summary>
    byte[] GetOf(string key);

    /// <summary>Stores a 64-byte value.</summary>
    byte[] PutOf(string key);
}

/// <summary>A target in which one can wait for a value.</summary>
internal interface IWakeable : ITarget
{
    /// <summary>What an open wait says when it is armed; null where it says nothing until it ends.</summary>
    byte[]? Armed { get; }

    /// <summary>What an armed wait says when the value is there; null where it ends with that.</summary>
    byte[]? Woken { get; }

    byte[] WaitOf(string key);
}

/// <summary>A target in which one can wait for a number of keys.</summary>
internal interface IBarrier : IWakeable
{
    byte[] BarrierOf(string prefix, int count);

    /// <summary>What an armed barrier says for each key; null where it ends with the last one.</summary>
    byte[]? BarrierSign(string prefix);
}
