// One room a connection, what is sent goes to all in it: node socketio.mjs PORT
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false, serveClient: false });
io.on('connection', (socket) => {
  const { room } = socket.handshake.query;
  socket.join(room);
  socket.on('send', (text) => io.to(room).emit('msg', text));
});
http.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
