using System.Net;

namespace Goterra.Bench.Servers;

/// <summary>Something that keeps small values, or pretends to, and speaks HTTP.</summary>
internal interface ITarget : IDisposable
{
    string Name { get; }

    IPEndPoint EndPoint { get; }

    /// <summary>Reads a value that is there.</summary>
    byte[] Get { get; }

    /// <summary>Stores it.</summary>
    byte[] Put { get; }
}
